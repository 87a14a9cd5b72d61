"Solutions to the exercises of `nbs/04_models/multimodal/10_vision_encoder_decoder.ipynb`."
import pytest, torch
from torch import nn
from nbformers import TrOCRConfig, ViTConfig, VisionEncoderDecoderConfig, VisionEncoderDecoderModel
from . import judged

WORDS = '<pad> <s> </s> red green blue square ring and'.split()
COLOURS, SHAPES = WORDS[3:6], WORDS[6:8]

def scene(g, n=None):
    "The chapter's world, smaller: two by three cells of four by four pixels, three colours, two shapes."
    pick = lambda k: int(torch.randint(k, (1,), generator=g))
    picture, said = torch.zeros(3, 8, 12), []
    for c in sorted(torch.randperm(6, generator=g)[:n or 1+pick(3)].tolist()):
        k, s, i, j = pick(3), pick(2), c//3*4, c%3*4
        picture[k, i:i+4, j:j+4] = 1.
        if s: picture[:, i+1:i+3, j+1:j+3] = 0.
        said += (['and'] if said else []) + [COLOURS[k], SHAPES[s]]
    return picture, [*map(WORDS.index, said)]

def batch(scenes):
    n = max(len(s) for _, s in scenes) + 1
    return dict(pixel_values=torch.stack([p for p, _ in scenes])*2-1, labels=torch.tensor([s + [2] + [-100]*(n-1-len(s)) for _, s in scenes]))

@pytest.fixture(scope='module')
def trained():
    torch.manual_seed(0)
    g = torch.Generator().manual_seed(0)
    sees = ViTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, image_size=(8, 12), patch_size=4, hidden_dropout_prob=0., attention_probs_dropout_prob=0., initializer_range=.1)
    writes = TrOCRConfig(vocab_size=len(WORDS), d_model=32, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=64, max_position_embeddings=16, dropout=0., init_std=.1, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    m = VisionEncoderDecoderModel(VisionEncoderDecoderConfig.from_encoder_decoder_configs(sees, writes, pad_token_id=0, decoder_start_token_id=1, eos_token_id=2)).train()
    opt = torch.optim.AdamW(m.parameters(), lr=5e-3, betas=(.9, .98))
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, 5e-3, total_steps=150, pct_start=.1)
    for _ in range(150):
        m(**batch([scene(g) for _ in range(32)])).loss.backward()
        nn.utils.clip_grad_norm_(m.parameters(), 1.); opt.step(); opt.zero_grad(); plan.step()
    return m.eval()

def words(row): return [t for t in row.tolist() if t > 2]

def test_blindfolded(trained):
    "Grammar stays, for the decoder has it: colours, shapes and *and* stand at their places. What they say belongs to the other picture."
    g = torch.Generator().manual_seed(5)
    exam = [scene(g) for _ in range(64)]
    other = exam[1:] + exam[:1]
    with torch.no_grad(): states = trained.encoder(batch(other)['pixel_values'])
    said = trained.generate(encoder_outputs=states, max_new_tokens=10, do_sample=False)
    theirs, mine = (sum(words(r) == s for r, (_, s) in zip(said, which)) for which in (other, exam))
    assert theirs > 12 and 3*mine < theirs
    fits = [WORDS[w] in (COLOURS, SHAPES, ['and'])[i % 3] for r in said for i, w in enumerate(words(r))]
    assert sum(fits) > .95*len(fits)

def test_shares(trained):
    "Of 64 captions, those right for the picture whose states were given, and for their own."
    g = torch.Generator().manual_seed(5)
    exam = [scene(g) for _ in range(64)]
    other = exam[1:] + exam[:1]
    with torch.no_grad(): states = trained.encoder(batch(other)['pixel_values'])
    said = trained.generate(encoder_outputs=states, max_new_tokens=10, do_sample=False)
    theirs, mine = (sum(words(r) == s for r, (_, s) in zip(said, which)) for which in (other, exam))
    judged('models.vision_encoder_decoder', 1, (theirs, mine), (mine, theirs), (64, 64))

def test_four_things(trained):
    "Three were the most that it saw: where a fourth follows, it stops, since every caption of that length ended there."
    g = torch.Generator().manual_seed(6)
    said = trained.generate(batch([scene(g, 4) for _ in range(32)])['pixel_values'], max_new_tokens=14, do_sample=False)
    judged('models.vision_encoder_decoder', 2, [' '.join(WORDS[i] for i in words(r)) for r in said], ['red ring and blue square and green ring and red square']*32, ['red ring']*32, ['']*32)
