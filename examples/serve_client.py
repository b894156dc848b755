"""Send a recording to a server, and print its subtitles: ADDRESS RECORDING [TOKEN]."""

import sys, time, requests

api, server, path = requests.Session(), sys.argv[1].rstrip("/"), sys.argv[2]
api.headers["Authorization"] = "Bearer " + "".join(sys.argv[3:])
job = api.post(f"{server}/api/jobs", data={"to": "srt"}, files={"file": open(path, "rb")}).json()
while job.get("state") in ("queued", "running"):
    time.sleep(1)
    job = api.get(f"{server}/api/jobs/{job['id']}?document=0").json()
if job.get("error"):
    sys.exit(job["error"])
print(api.get(server + job["results"]["srt"]["url"]).text)
