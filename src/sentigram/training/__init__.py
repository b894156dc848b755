"""Training and evaluation of the emotion models that Sentigram ships."""
