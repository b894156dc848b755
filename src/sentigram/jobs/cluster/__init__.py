"""An archive: many recordings on many workers, in a folder or at a URL.

places   where recordings and results are: a folder that all workers see, or a bucket
units    what a worker is given: a value
shards   the part of an archive that one of several machines does, without a cluster
twins    see `jobs.twins`: what is there twice is heard once
worker   does one unit, exactly as a batch of one folder does it
driver   hands units to workers: the longest first; what is lost is tried again
split    parts of one long recording go to workers, where these would wait for one of them
ray_pool, local   workers as actors of Ray; the only modules that know Ray
here     one worker in this process, where there is no Ray
archive  all of it together
"""
