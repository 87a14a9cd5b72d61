"Exercises of the chapter on TimeSformer."
from . import judged

def test_1():
    "Space only has no table of times and no look along them."
    judged('models.timesformer', 1, ['space_only'], ['joint_space_time'], ['space_only', 'joint_space_time'])
