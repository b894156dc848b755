from __future__ import annotations

import pytest
from pydantic import ValidationError

from sentigram.training.augment.config import AugmentConfig, Noise, Pitch, Reverb, SpecAugment

POLICIES = {
    "everyone": [{"kind": "specaugment"}],
    "policies": {
        "anger": [
            {"kind": "pitch", "semitones": [-3, 3]},
            {"kind": "specaugment", "time_masks": 4},
        ],
        "sadness": [[{"kind": "reverb"}, {"kind": "noise", "colour": "pink", "snr_db": 10}]],
    },
}


def test_policies_are_beside_what_everyone_gets():
    config = AugmentConfig.model_validate(POLICIES)
    assert config.chains("anger") == ((Pitch(),),)
    assert config.masks("anger") == (SpecAugment(), SpecAugment(time_masks=4))
    assert config.chains("sadness") == ((Reverb(), Noise(colour="pink", snr_db=(10.0, 10.0))),)
    assert config.masks("neutral") == (SpecAugment(),)
    assert config.chains("neutral") == ()
    assert config.knows_the_label
    assert config.alters_sound
    assert config.kinds == ("specaugment", "pitch", "reverb", "noise")
    assert AugmentConfig.model_validate(config.model_dump(mode="json")) == config


def test_a_kind_can_be_left_out_and_so_can_policies():
    config = AugmentConfig.model_validate(POLICIES)
    assert config.without("specaugment").masks("anger") == ()
    assert config.without("specaugment").chains("anger") == ((Pitch(),),)
    assert config.without("noise").chains("sadness") == ((Reverb(),),)
    assert not config.without("pitch").chains("anger")
    assert not config.without_policies().knows_the_label
    assert config.without_policies().kinds == ("specaugment",)


def test_nothing_is_the_default():
    config = AugmentConfig()
    assert not config.kinds
    assert not config.alters_sound
    assert not config.knows_the_label


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"kind": "echo"}, "does not match any of the expected tags"),
        ({"kind": "noise", "snr_db": [20, 5]}, "20 is above 5"),
        ({"kind": "noise", "colour": "folder"}, "give colour: folder and the folder"),
        ({"kind": "noise", "folder": "musan"}, "give colour: folder and the folder"),
        ({"kind": "pitch", "semitones": [-30, 3]}, "greater than or equal to -12"),
        ({"kind": "tempo", "rate": 3}, "less than or equal to 2"),
        ({"kind": "codec", "codecs": ["flac"]}, "Input should be 'mp3'"),
        ([], "at least 1 item"),
        ([{"kind": "specaugment"}, {"kind": "pitch"}], "an entry of its own"),
    ],
)
def test_what_cannot_be_done_is_refused(entry: object, reason: str):
    with pytest.raises(ValidationError, match=reason):
        AugmentConfig.model_validate({"everyone": [entry]})
