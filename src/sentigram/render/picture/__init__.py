"""What is drawn as a picture: burned-in video, clips, and the timeline of a talk."""
