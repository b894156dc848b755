"""Pictures of high dynamic range: how they are coded, and their colours among others.

BT.2100 codes light in two ways: PQ (SMPTE ST 2084) absolutely, up to 10,000 cd/m²; HLG (ARIB
STD-B67) against a display, here of 1,000 cd/m². White of graphics and captions is at 203 cd/m²
in both (BT.2408), where white of BT.709 is put.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Literal

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.core.media import Hdr

WHITE_NITS = 203

_PQ_NITS = 10_000
_HLG_NITS, _HLG_GAMMA = 1000, 1.2
_USUAL_PEAK_NITS = 1000
# SMPTE ST 2084, in fractions of the standard.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# ARIB STD-B67.
_A = 0.17883277
_B, _C = 1 - 4 * _A, 0.5 - _A * math.log(4 * _A)
# BT.2087: linear BT.709 to linear BT.2020.
_TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
_TO_709 = np.linalg.inv(_TO_2020)
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])
_KNEE = 0.6  # of BT.709's light: what is darker keeps its light, the rest is compressed
_CUBE = 33
_PQ, _HLG = 16, 18  # AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67


def hdr_of(stream: Any, frame: Any) -> Hdr | None:
    """How a picture is coded if its dynamic range is high.

    Args:
        stream: PyAV's video stream.
        frame: Its first frame, None where nothing can be decoded.
    """
    code = int(getattr(stream.codec_context, "color_trc", 0) or 0)
    shown = int(getattr(frame, "color_trc", 0) or 0)  # older PyAV does not tell
    if shown in (_PQ, _HLG):
        code = shown
    if code not in (_PQ, _HLG):
        return None
    data = {} if frame is None else {side.type.name: bytes(side) for side in frame.side_data}
    display, graded_nits = _display(data.get("MASTERING_DISPLAY_METADATA", b""))
    light, lightest_nits = _light(data.get("CONTENT_LIGHT_LEVEL", b""))
    transfer: Literal["pq", "hlg"] = "pq" if code == _PQ else "hlg"
    peak_nits = (lightest_nits or graded_nits) if transfer == "pq" else _HLG_NITS
    peak_nits = min(max(peak_nits or _USUAL_PEAK_NITS, WHITE_NITS), _PQ_NITS)
    return Hdr(transfer, display, light, peak_nits)


def _display(data: bytes) -> tuple[str, int]:
    """AVMasteringDisplayMetadata as x265 writes it, and its lightest in cd/m²."""
    if len(data) < 88:
        return "", 0
    numbers = struct.unpack_from("<22i", data)  # 10 rationals; has_primaries, has_luminance
    *pairs, has_primaries, has_luminance = numbers
    values = [n / d if d else 0.0 for n, d in zip(pairs[::2], pairs[1::2], strict=True)]
    if not (has_primaries and has_luminance):
        return "", 0
    red, green, blue, white = (
        f"({round(x * 50_000)},{round(y * 50_000)})"
        for x, y in zip(values[:8:2], values[1:8:2], strict=True)
    )
    least, most = (round(nits * 10_000) for nits in values[8:])
    text = f"G{green}B{blue}R{red}WP{white}L({most},{least})"
    return text, round(values[9])


def _light(data: bytes) -> tuple[str, int]:
    """AVContentLightMetadata as x265 writes it, and its lightest pixel in cd/m²."""
    if len(data) < 8:
        return "", 0
    most, average = struct.unpack_from("<2I", data)
    return f"{most},{average}", most


def pq_code(nits: Floats64) -> Floats64:
    """PQ codes, in [0, 1], of light."""
    power = np.clip(nits / _PQ_NITS, 0, 1) ** _M1
    code: Floats64 = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return code


def pq_nits(code: Floats64) -> Floats64:
    """Light of PQ codes."""
    power = np.clip(code, 0, 1) ** (1 / _M2)
    nits: Floats64 = _PQ_NITS * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
    return nits


def hlg_code(nits: Floats64) -> Floats64:
    """HLG codes of colours, float64 (…, 3), on a display of 1,000 cd/m²."""
    shown = np.maximum(nits / _HLG_NITS, 0)
    luma = np.maximum(shown @ _LUMA_2020, 1e-9)[..., None]
    scene = shown * luma ** ((1 - _HLG_GAMMA) / _HLG_GAMMA)
    low = np.sqrt(3 * np.minimum(scene, 1 / 12))
    high = _A * np.log(np.maximum(12 * scene - _B, 1e-9)) + _C
    code: Floats64 = np.clip(np.where(scene <= 1 / 12, low, high), 0, 1)
    return code


def hlg_nits(code: Floats64) -> Floats64:
    """Light of HLG colours, float64 (…, 3), on a display of 1,000 cd/m²."""
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - _C) / _A) + _B) / 12)
    luma = np.maximum(scene @ _LUMA_2020, 1e-9)[..., None]
    nits: Floats64 = _HLG_NITS * scene * luma ** (_HLG_GAMMA - 1)
    return nits


def coded(rgb: tuple[int, int, int], transfer: Literal["pq", "hlg"]) -> tuple[int, int, int]:
    """A colour of the screen (sRGB, 0 … 255) as 8-bit codes of BT.2020 with a transfer."""
    values = np.array(rgb) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    nits = WHITE_NITS * (_TO_2020 @ linear)
    codes = pq_code(nits) if transfer == "pq" else hlg_code(nits)
    red, green, blue = (round(float(code) * 255) for code in codes)
    return red, green, blue


def tone_cube(hdr: Hdr) -> str:
    """A table of colours that brings a picture to BT.709, as the .cube that ffmpeg's lut3d reads.

    Light up to _KNEE of white stays; from there to the lightest it is compressed so that it ends
    at white. The largest of a colour's parts decides, so that its hue stays.
    """
    axis = np.linspace(0, 1, _CUBE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red varies fastest
    codes = np.stack([red, green, blue], axis=-1).reshape(-1, 3)  # (n, 3)
    nits = pq_nits(codes) if hdr.transfer == "pq" else hlg_nits(codes)
    linear = np.maximum((nits / WHITE_NITS) @ _TO_709.T, 0)
    largest = np.maximum(linear.max(axis=1, keepdims=True), 1e-9)
    shown = linear * _compressed(largest, hdr.peak_nits / WHITE_NITS) / largest
    made = np.clip(shown, 0, 1) ** (1 / 2.4)  # BT.1886: what a BT.709 display undoes
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in made.tolist())
    return f"LUT_3D_SIZE {_CUBE}\n{rows}\n"


def _compressed(light: Floats64, peak: float) -> Floats64:
    """Light in [0, peak] brought into [0, 1]: straight up to the knee, then ever slower.

    Beyond it the curve is x / (1 + c x) in units of the room above the knee, which begins with
    the slope 1, and reaches the top at the peak.
    """
    if peak <= 1:
        return np.minimum(light, 1)
    room = 1 - _KNEE
    over = np.maximum(light - _KNEE, 0) / room
    most = (peak - _KNEE) / room
    bent = over / (1 + (1 - 1 / most) * over)
    made: Floats64 = np.where(light <= _KNEE, light, np.minimum(_KNEE + room * bent, 1))
    return made
