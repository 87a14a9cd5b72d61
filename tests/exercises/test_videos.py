"Exercises of the chapter on films from files."
import numpy as np
import pytest
from nbformers import VideoMetadata

def denser_in_the_middle(metadata, num_frames=8, **kwargs):
    "Steps of a sine's inverse: small around the middle, large at the ends; a frame that would come twice moves on by one."
    n = metadata.total_num_frames
    at = (.5 + np.arcsin(np.linspace(-1, 1, num_frames))/np.pi)*(n-1)
    at = np.floor(np.where(np.isnan(at), 0, at)).astype(int)
    for k in range(1, num_frames): at[k] = max(at[k], at[k-1]+1)
    return np.minimum(at, n - num_frames + np.arange(num_frames))

@pytest.mark.parametrize('n,k', [(60, 12), (13, 12), (300, 16)])
def test_1(n, k):
    at = denser_in_the_middle(VideoMetadata(n), k)
    assert len(set(at.tolist())) == k and at[0] >= 0 and at[-1] <= n-1 and (np.diff(at) > 0).all()
    if n > 4*k: assert np.diff(at)[k//2-1] < np.diff(at)[0] and np.diff(at)[k//2-1] < np.diff(at)[-1]
