"""Send a recording to a server and fetch its subtitles: serve_client.py ADDRESS RECORDING [TOKEN]."""

import json
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

server, path, token = sys.argv[1].rstrip("/"), Path(sys.argv[2]), (*sys.argv[3:], "")[0]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=part"}
field = '--part\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
form = field.format("to").encode() + b"srt\r\n"
form += field.format(f'file"; filename="{path.name}').encode() + path.read_bytes() + b"\r\n--part--"
job = json.load(urlopen(Request(f"{server}/api/jobs", form, headers)))
while (job := json.load(urlopen(Request(f"{server}/api/jobs/{job['id']}", headers=headers))))["state"] in ("queued", "running"):
    time.sleep(1)
if job["state"] == "failed":
    sys.exit(job["error"])
print(urlopen(Request(server + job["results"]["srt"]["url"], headers=headers)).read().decode())
