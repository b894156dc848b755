"""Does a given text fit the sound: in its words, and in its times?"""
