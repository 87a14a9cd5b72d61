"Exercises of the chapter on films from files."
import numpy as np
from . import judged

def denser_in_the_middle(metadata, num_frames=8, **kwargs):
    "Steps of a sine's inverse: small around the middle, large at the ends; a frame that would come twice moves on by one."
    n = metadata.total_num_frames
    at = (.5 + np.arcsin(np.linspace(-1, 1, num_frames))/np.pi)*(n-1)
    at = np.floor(np.where(np.isnan(at), 0, at)).astype(int)
    for k in range(1, num_frames): at[k] = max(at[k], at[k-1]+1)
    return np.minimum(at, n - num_frames + np.arange(num_frames))

def test_1(): judged('processors.videos', 1, denser_in_the_middle, lambda metadata, num_frames: np.linspace(0, metadata.total_num_frames-1, num_frames).astype(int))
