"Exercises of the chapter on joined checkpoints: which half it was that helped, and what the bridge alone can learn."
import torch, pytest
from nbformers.models.bert import BertConfig, BertForMaskedLM
from nbformers.models.encoder_decoder import EncoderDecoderModel
from nbformers.models.gpt2 import GPT2Config, GPT2LMHeadModel
from . import judged

KINDS = {'ein tier': ('cat dog owl bear', 'sleeps eats hides hunts'), 'eine maschine': ('drill mower tractor pump', 'rattles hums stalls leaks'),
         'ein mensch': ('nurse pilot judge poet', 'laughs writes argues sighs'), 'eine pflanze': ('rose fern oak moss', 'grows blooms withers sprouts')}
KINDS = {k: [w.split() for w in v] for k, v in KINDS.items()}
ENGLISH = ['<pad>', '<s>', '</s>', '<mask>', 'the', 'and', *[w for ns, vs in KINDS.values() for w in (*ns, *vs)]]
GERMAN = ['<pad>', '<s>', '</s>', 'zuerst', 'dann', ',', 'ein', 'eine', 'tier', 'maschine', 'mensch', 'pflanze']

def draw(x, g): return x[int(torch.randint(len(x), (1,), generator=g))]
def pair(g, known=slice(None)):
    one, two = ([*KINDS][i] for i in torch.randperm(4, generator=g)[:2].tolist())
    def clause(k): return f'the {draw(KINDS[k][0][known], g)} {draw(KINDS[k][1][known], g)}'
    return f'{clause(one)} and {clause(two)}'.split(), f'zuerst {one} , dann {two}'.split()
def ids(texts, words): return torch.tensor([[1, *map(words.index, t), 2] for t in texts])
def tensors(pairs): return dict(input_ids=ids([p[0] for p in pairs], ENGLISH), labels=ids([p[1] for p in pairs], GERMAN)[:, 1:])

def halves():
    "A fresh reader and a fresh writer."
    return (BertForMaskedLM(BertConfig(vocab_size=len(ENGLISH), hidden_size=32, num_hidden_layers=1, num_attention_heads=8, intermediate_size=64, max_position_embeddings=12,
                                       hidden_dropout_prob=0., attention_probs_dropout_prob=0., initializer_range=.3)),
            GPT2LMHeadModel(GPT2Config(vocab_size=len(GERMAN), n_embd=32, n_layer=1, n_head=2, n_positions=12, resid_pdrop=0., embd_pdrop=0., attn_pdrop=0., initializer_range=.3,
                                       bos_token_id=1, eos_token_id=2)))

@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    "Four checkpoints: a trained reader and writer, and fresh ones."
    d, g = tmp_path_factory.mktemp('halves'), torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    reader, writer = halves()
    opt = torch.optim.AdamW([*reader.parameters(), *writer.parameters()], lr=8e-3, betas=(.9, .99))
    for _ in range(180):
        en, de = (ids(t, w) for t, w in zip(zip(*(pair(g) for _ in range(64))), (ENGLISH, GERMAN)))
        gap = torch.zeros_like(en).bool().scatter_(1, torch.tensor([2, 6]) + torch.randint(2, (64, 2), generator=g), True)
        (reader.train()(en.masked_fill(gap, 3), labels=en.masked_fill(~gap, -100)).loss + writer.train()(de, labels=de).loss).backward()
        opt.step(); opt.zero_grad()
    for name, m in zip(('reader', 'writer', 'fresh reader', 'fresh writer'), (reader, writer, *halves())): m.save_pretrained(d/name)
    return d

@pytest.mark.filterwarnings('ignore')
def joined(folder, reader='reader', writer='writer'):
    torch.manual_seed(0)
    return EncoderDecoderModel.from_encoder_decoder_pretrained(str(folder/reader), str(folder/writer), pad_token_id=0, decoder_start_token_id=1, eos_token_id=2)

def right(model, steps=60, lr=4e-3):
    "Of 64 sentences made of words that no lesson had, how many come out right after some training."
    g = torch.Generator().manual_seed(1)
    lessons, exam = [pair(g, slice(0, 2)) for _ in range(60)], tensors([pair(g, slice(2, 4)) for _ in range(64)])
    opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=lr)
    for _ in range(steps):
        model.train()(**tensors([lessons[j] for j in torch.randint(60, (32,), generator=g)])).loss.backward()
        opt.step(); opt.zero_grad()
    said = model.eval().generate(exam['input_ids'], max_new_tokens=9, do_sample=False)[:, 1:]
    return sum([t for t in s if t > 2] == [t for t in w if t > 2] for s, w in zip(said.tolist(), exam['labels'].tolist()))

@pytest.mark.filterwarnings('ignore')
def test_which_half(folder):
    "What words mean was the reader's; good German is easily learnt."
    found = right(joined(folder, writer='fresh writer')), right(joined(folder, reader='fresh reader'))
    print(found)
    judged('models.encoder_decoder', 1, found, found[::-1])

@pytest.mark.filterwarnings('ignore')
def test_only_the_bridge(folder):
    "Five would be right by luck; with everything learning it is more than fifty."
    m = joined(folder)
    for n, p in m.named_parameters(): p.requires_grad = 'cross' in n
    share = sum(p.numel() for p in m.parameters() if p.requires_grad)/m.num_parameters()
    n = right(m, steps=150, lr=1e-2)
    print(f'{share:.2f} of the parameters, {n} right')
    judged('models.encoder_decoder', 2, (share, n), (share, 5), (.9, n))
