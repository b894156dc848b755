"""Send a recording to a server, and print its subtitles: ADDRESS RECORDING [TOKEN]."""

import json
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

server, path, token = sys.argv[1].rstrip("/"), Path(sys.argv[2]), (*sys.argv[3:], "")[0]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=part"}
field = '--part\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
form = field.format("to").encode() + b"srt\r\n"
form += field.format(f'file"; filename="{path.name}').encode() + path.read_bytes()
job = json.load(urlopen(Request(f"{server}/api/jobs", form + b"\r\n--part--", headers)))
while job["state"] in ("queued", "running"):
    time.sleep(1)
    job = json.load(urlopen(Request(f"{server}/api/jobs/{job['id']}", headers=headers)))
if job["state"] == "failed":
    sys.exit(job["error"])
print(urlopen(Request(server + job["results"]["srt"]["url"], headers=headers)).read().decode())
