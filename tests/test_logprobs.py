"`logprobs=k`: for every strategy, kind of model and cache the numbers are those of a plain pass over the finished text."
import pytest, torch
import nbformers
from nbformers import text_logprobs

pytestmark = pytest.mark.usefixtures('quiet')

SMALL = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
KINDS = dict(Llama=('LlamaForCausalLM', {}), Mistral=('MistralForCausalLM', dict(sliding_window=4, num_key_value_heads=1)), GPT2=('GPT2LMHeadModel', None), Opt=('OPTForCausalLM', dict(ffn_dim=24, word_embed_proj_dim=16)),
    Bart=('BartForConditionalGeneration', dict(d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, decoder_start_token_id=2)),
    Bert=('BertLMHeadModel', dict(is_decoder=True)))

def make(kind):
    cls, kw = KINDS[kind]
    torch.manual_seed(3)
    kw = dict(vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=64, bos_token_id=1, eos_token_id=2, pad_token_id=0) if kw is None else SMALL | kw
    cls = getattr(nbformers, cls)
    m = cls(cls.config_class(**kw)).eval()
    with torch.no_grad():
        for p in m.parameters(): p.add_(torch.randn_like(p)*(.3 if p.ndim > 1 else .05))
    return m

@pytest.fixture(scope='module', params=KINDS)
def model(request): return make(request.param)

def plain(model, ids, source=None): # log-probabilities of a text, token by token
    kw = dict(input_ids=ids) if source is None else dict(input_ids=source, decoder_input_ids=ids)
    with torch.no_grad(): s = model(**kw).logits.float().log_softmax(-1)
    return s[:, :-1], s[:, :-1].gather(-1, ids[:, 1:, None])[..., 0]

WAYS = [dict(), dict(do_sample=True, num_return_sequences=3), dict(num_beams=3, num_return_sequences=2), dict(use_cache=False), dict(use_cache=False, num_beams=2), dict(repetition_penalty=2., temperature=.1, do_sample=True),
    dict(cache_implementation='static'), dict(penalty_alpha=.5, top_k=3), dict(prompt_lookup_num_tokens=3), dict(num_beams=4, num_beam_groups=2, diversity_penalty=1.), dict(prefill_chunk_size=2)]

@pytest.mark.parametrize('kw', WAYS, ids=lambda k: '+'.join(k) or 'greedy')
def test_numbers_are_those_of_a_plain_pass(model, kw):
    both = model.config.is_encoder_decoder
    rows, n = 1 if 'prompt_lookup_num_tokens' in kw else 2, kw.get('num_return_sequences', 1)
    ids = torch.randint(3, 40, (rows, 5), generator=torch.Generator().manual_seed(1))
    torch.manual_seed(0)
    out = model.generate(ids, max_new_tokens=7, logprobs=3, **kw)
    start = 1 if both else 5
    s, own = plain(model, out.sequences, ids.repeat_interleave(n, 0) if both else None)
    for r, (row, why) in enumerate(zip(out.sequences, out.finish_reason)):
        told = out.logprobs[r]
        new = row[start:].tolist()
        assert [x.token for x in told] == (new[:new.index(2)+1] if why == 'eos' else new)
        for i, x in enumerate(told):
            here = s[r, start-1+i]
            assert abs(x.logprob - float(own[r, start-1+i])) < 1e-4 and x.rank == 1+int((here > own[r, start-1+i]).sum())
            assert [t for t, _ in x.top] == here.topk(3).indices.tolist()
        assert abs(float(out.logprobs.totals[r]) - sum(x.logprob for x in told)) < 1e-4
    assert len(out.prompt_logprobs) == rows
    for r in range(rows):
        first, *rest = out.prompt_logprobs[r]
        assert first is None and len(rest) == start-1
        for i, x in enumerate(rest): assert x.token == int(out.sequences[r*n, 1+i]) and abs(x.logprob - float(own[r*n, i])) < 1e-4

def test_padding_stop_strings_and_given_caches():
    model = make('Llama')
    rows = [[5, 6, 7], [9, 8, 3, 4, 11, 12]]
    left, right = torch.tensor([[0]*3 + rows[0], rows[1]]), torch.tensor([rows[0] + [0]*3, rows[1]])
    for ids in (left, right):
        out = model.generate(ids, attention_mask=(ids != 0).long(), max_new_tokens=4, logprobs=2, eos_token_id=None)
        for i, r in enumerate(rows):
            alone = model.generate(torch.tensor([r]), max_new_tokens=4, logprobs=2, eos_token_id=None)
            for a, b in ((out.prompt_logprobs, alone.prompt_logprobs), (out.logprobs, alone.logprobs)):
                assert [x and (x.token, x.rank, x.top[0][0]) for x in a[i]] == [x and (x.token, x.rank, x.top[0][0]) for x in b[0]]
                torch.testing.assert_close(a.totals[i], b.totals[0], rtol=1e-4, atol=1e-4)
    first = model.generate(torch.tensor(rows[1:]), max_new_tokens=3, eos_token_id=None, return_dict_in_generate=True)
    more = torch.cat((first.sequences, torch.tensor([[5, 6]])), 1)
    whole = model.generate(more, max_new_tokens=4, logprobs=1, eos_token_id=None)
    seen = first.past_key_values.get_seq_length()
    on = model.generate(more, past_key_values=first.past_key_values, max_new_tokens=4, logprobs=1, eos_token_id=None)
    torch.testing.assert_close(on.logprobs.logprobs, whole.logprobs.logprobs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(on.prompt_logprobs.logprobs[0, 1:], whole.prompt_logprobs.logprobs[0, seen+1:], rtol=1e-4, atol=1e-4)
    assert on.past_key_values is first.past_key_values and on.past_key_values.get_seq_length() == more.shape[1]+3
    stop = lambda ids, s: ids[:, -1] == int(whole.sequences[0, -2])
    out = model.generate(more, max_new_tokens=9, logprobs=0, eos_token_id=None, pad_token_id=0, stopping_criteria=[stop])
    assert len(out.logprobs[0]) == out.sequences.shape[1]-more.shape[1] and out.logprobs[0][0].top == []

def test_vectors_pieces_and_texts(monkeypatch):
    model = make('GPT2')
    ids = torch.randint(3, 40, (2, 9), generator=torch.Generator().manual_seed(1))
    s, own = plain(model, ids)
    x = text_logprobs(model, ids)
    torch.testing.assert_close(x.logprobs[:, 1:], own, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(x.perplexity, (-own.mean(1)).exp(), rtol=1e-4, atol=1e-4)
    out = model.generate(inputs_embeds=model.get_input_embeddings()(ids), max_new_tokens=4, logprobs=2, eos_token_id=None)
    want = model.generate(ids, max_new_tokens=4, logprobs=2, eos_token_id=None)
    assert out.prompt_logprobs is None
    torch.testing.assert_close(out.logprobs.logprobs, want.logprobs.logprobs, rtol=1e-4, atol=1e-4)
    import nbformers.generation.logprobs as book
    monkeypatch.setattr(book, '_pieces', lambda rows, v, t: [(a, min(a+2, t)) for a in range(0, t, 2)])
    again = model.generate(ids, max_new_tokens=4, logprobs=2, eos_token_id=None, num_beams=2)
    monkeypatch.undo()
    once = model.generate(ids, max_new_tokens=4, logprobs=2, eos_token_id=None, num_beams=2)
    for a, b in ((again.logprobs, once.logprobs), (again.prompt_logprobs, once.prompt_logprobs)): torch.testing.assert_close(a.logprobs, b.logprobs, rtol=1e-4, atol=1e-4, equal_nan=True)
    with pytest.raises(ValueError, match='at least 0'): model.generate(ids, max_new_tokens=1, logprobs=-2)
    with pytest.raises(ValueError, match='vectors'): text_logprobs(model, inputs_embeds=model.get_input_embeddings()(ids))
