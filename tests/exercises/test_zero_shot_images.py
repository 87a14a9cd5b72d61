"Solution to the exercise of the chapter on pictures and words."
import torch
from nbformers.pipelines.zero_shot_images import ZeroShotImageClassificationPipeline
from . import judged

class Model:
    class config: model_type = 'clip'

def test_one_more_label_only_takes_a_share():
    "A further label takes its share from all others alike: it decides by its own logit, and says nothing of how well the others fit."
    pipe = ZeroShotImageClassificationPipeline.__new__(ZeroShotImageClassificationPipeline)
    pipe.model = Model
    z = torch.tensor([1., 2., .5])
    before = pipe.postprocess(dict(logits=z, labels=['a', 'b', 'c']))
    after = pipe.postprocess(dict(logits=torch.cat((z, torch.tensor([3.]))), labels=['a', 'b', 'c', 'something else']))
    assert after[0]['label'] == 'something else'
    rest = {r['label']: r['score'] for r in after[1:]}
    assert all(abs(rest[r['label']]/r['score'] - (1-after[0]['score'])) < 1e-5 for r in before)
    judged('pipelines.zero_shot_images', 1, lambda scores, p: [s*(1-p) for s in scores], lambda scores, p: scores, lambda scores, p: [s-p/len(scores) for s in scores])
