"Prompts that break off: the last token is chosen as the reference chooses it; several tokens, batches, padding, refusals."
import random, warnings
import pytest, torch
import nbformers
from nbformers.generation.healing import Extensions, heal
from nbformers.generation.prepare import prepare

TEXT = ['the children of the wilderness went in the morning to the king and his kingdom, and they said there was no child among them']*3
LINE = TEXT[0].replace(', ', '://').replace(' ', '-')                             # words without a space in front

@pytest.fixture(scope='module')
def tokenizer():
    transformers = pytest.importorskip('transformers')
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    t.train_from_iterator(TEXT + [LINE]*3, trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=['<pad>', '<s>', '</s>']))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, pad_token='<pad>', bos_token='<s>', eos_token='</s>')

@pytest.fixture(scope='module')
def pair():
    transformers = pytest.importorskip('transformers')
    import tempfile
    torch.manual_seed(0)
    theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=330, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, pad_token_id=0,
                                                                    bos_token_id=1, eos_token_id=2)).eval()
    with torch.no_grad():
        for p in theirs.parameters(): p.add_(torch.randn_like(p)*.3)
    with tempfile.TemporaryDirectory() as d:
        theirs.save_pretrained(d)
        return theirs, nbformers.LlamaForCausalLM.from_pretrained(d).eval()

def test_last_token_is_the_references(tokenizer, pair):
    "With a space in front the reference finds nothing, for it looks up a plain one; so here are words without."
    theirs, ours = pair
    rng, longer, seen, changed = random.Random(0), Extensions(tokenizer, 330), 0, 0
    for _ in range(300):
        ids = tokenizer(LINE[:rng.randint(6, len(LINE)-1)], return_tensors='pt')['input_ids']
        if longer.back(ids[0].tolist())[0] != 1 or ids.shape[1] < 2: continue
        want = theirs.heal_tokens(ids.clone(), tokenizer)
        got, mask = heal(prepare(ours, ids, dict(max_new_tokens=1)), tokenizer)
        assert torch.equal(got, want) and mask.all()
        seen, changed = seen+1, changed+(not torch.equal(got, ids))
    assert seen > 10 and changed > 2

@pytest.mark.parametrize('kw', [dict(), dict(num_beams=3), dict(do_sample=True, top_k=1, num_return_sequences=2), dict(use_cache=False), dict(penalty_alpha=.5, top_k=3), dict(logprobs=1)], ids=lambda k: '+'.join(k) or 'greedy')
def test_batches_and_padding(tokenizer, pair, kw):
    ours = pair[1]
    rows = [tokenizer(t)['input_ids'] for t in ('the chil', 'they went in the wilder', 'no child among th', 'k')]
    w = max(map(len, rows))
    call = dict(max_new_tokens=4, token_healing=True, tokenizer=tokenizer, eos_token_id=None, **kw)
    ids_of = lambda out: getattr(out, 'sequences', out)
    for left in (True, False):
        pad = lambda r, x: [x]*(w-len(r)) + r if left else r + [x]*(w-len(r))
        both = ids_of(ours.generate(torch.tensor([pad(r, 0) for r in rows]), attention_mask=torch.tensor([pad([1]*len(r), 0) for r in rows]), **call))
        n = len(both)//len(rows)
        for i, r in enumerate(rows):
            alone = ids_of(ours.generate(torch.tensor([r]), **call))[0].tolist()
            assert both[i*n].tolist()[-len(alone):] == alone and len(alone) <= len(r)+4
            assert tokenizer.decode(alone).startswith(tokenizer.decode(r))

def test_what_cannot_work_says_so(tokenizer, pair):
    ours, ids = pair[1], torch.tensor([[5, 6, 7]])
    with pytest.raises(ValueError, match='pass tokenizer='): ours.generate(ids, token_healing=True, max_new_tokens=2)
    with pytest.raises(ValueError, match='inputs_embeds'): ours.generate(inputs_embeds=torch.zeros(1, 3, 16), token_healing=True, tokenizer=tokenizer, max_new_tokens=2)
    cache = nbformers.DynamicCache(config=ours.config)
    with torch.no_grad(): ours(input_ids=ids[:, :2], past_key_values=cache, use_cache=True)
    with pytest.raises(ValueError, match='past_key_values'): ours.generate(ids, past_key_values=cache, token_healing=True, tokenizer=tokenizer, max_new_tokens=2)
    t5 = nbformers.T5ForConditionalGeneration(nbformers.T5Config(vocab_size=330, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2, decoder_start_token_id=0))
    with pytest.raises(ValueError, match='encoder-decoder'): t5.generate(ids, token_healing=True, tokenizer=tokenizer, max_new_tokens=2)
