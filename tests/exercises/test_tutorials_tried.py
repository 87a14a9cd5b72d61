"Solutions to the exercises of the tutorials, and of the chapters that trace shapes and show attention."
import torch
from nbformers.models.shapes import trace_shapes
from . import judged

def rollout(layers):
    out = None
    for w in layers:
        a = (w.mean(0) + torch.eye(w.shape[-1]))/2
        out = a if out is None else a @ out
    return out

def test_rollout():
    heads_only = lambda layers: torch.linalg.multi_dot([w.mean(0) for w in layers[::-1]])          # nothing stays where it is
    judged('models.widgets_attention', 1, rollout, heads_only, lambda layers: rollout(layers[::-1]), lambda layers: layers[-1].mean(0))

def operations(m, n): return trace_shapes(m, input_ids=torch.zeros(1, n, dtype=torch.long)).root.flops

def test_squares():
    "Twice the tokens are twice the one part and four times the other."
    attention = lambda m, n: sum(c.flops for c in trace_shapes(m, input_ids=torch.zeros(1, n, dtype=torch.long)).find(r'attention\.self '))
    judged('models.shapes', 1, lambda m, n: (operations(m, 2*n) - 2*operations(m, n))/2, operations, attention, lambda m, n: operations(m, 2*n) - 2*operations(m, n))

def test_a_head_of_its_own():
    judged('tutorials.gpt', 1, lambda cfg: cfg.vocab_size*cfg.n_embd, lambda cfg: cfg.vocab_size, lambda cfg: (cfg.vocab_size+1)*cfg.n_embd)

def moved(model, a, b):
    with torch.no_grad(): x, y = model(torch.stack((a, b))).logits
    far = ((x-y).abs().amax(-1) > 1e-6).nonzero()
    return far[0].item() if len(far) else None

def test_moved():
    ids_only = lambda model, a, b: next((i for i in range(len(a)) if a[i] != b[i]), None)
    judged('tutorials.gpt', 2, moved, ids_only, lambda model, a, b: 0, lambda model, a, b: moved(model, a, b) or 0)

def viterbi(scores):
    best, back = scores[0].clone(), []
    best[2] = -torch.inf
    for row in scores[1:]:
        step = best[:, None].expand(3, 3).clone()
        step[0, 2] = -torch.inf
        best, came = step.max(0)
        best, back = best + row, [*back, came]
    path = [int(best.argmax())]
    for came in reversed(back): path.insert(0, int(came[path[0]]))
    return path

def greedy(scores):
    "The best legal label for each word, given the one before."
    path = []
    for row in scores: path.append(int(row[:3 if path and path[-1] else 2].argmax()))
    return path

def test_legal_paths(): judged('tutorials.names', 1, viterbi, lambda scores: scores.argmax(-1).tolist(), greedy, lambda scores: [0]*len(scores))

def test_two_matrices(): judged('tutorials.checkpoint', 1, ('v_proj', 'o_proj'), ('q_proj', 'k_proj'), ('up_proj', 'down_proj'), ('o_proj', 'v_proj'), ('v_proj', 'v_proj'))

def test_the_product_is_the_same():
    "Values and output of each head, multiplied beforehand: the attention's answer does not change."
    torch.manual_seed(0)
    h, d, s, t = 2, 8, 4, 5
    v, o, x, w = torch.randn(h*s, d), torch.randn(d, h*s), torch.randn(t, d), torch.randn(h, t, t).softmax(-1)
    apart = (w @ (x @ v.T).view(t, h, s).transpose(0, 1)).transpose(0, 1).reshape(t, -1) @ o.T
    joined = sum(w[i] @ x @ (o[:, i*s:(i+1)*s] @ v[i*s:(i+1)*s]).T for i in range(h))
    torch.testing.assert_close(apart, joined, rtol=1e-4, atol=1e-4)
    assert h*d*d > h*s*d + d*h*s - 1                                    # and it is never smaller: heads are narrow

def at_once(cfg, length, gib):
    from nbformers import LlamaForCausalLM
    with torch.device('meta'): weights = 2*sum(p.numel() for p in LlamaForCausalLM(cfg).parameters())
    size = getattr(cfg, 'head_dim', None) or cfg.hidden_size//cfg.num_attention_heads
    return (gib*2**30 - weights)//(2*2*cfg.num_hidden_layers*cfg.num_key_value_heads*size*length)

def test_texts_on_a_card():
    wide = lambda cfg, length, gib: at_once(cfg, length, gib)*cfg.num_key_value_heads//cfg.num_attention_heads     # as if each head had its own keys
    judged('tutorials.costs', 1, at_once, lambda *a: at_once(*a)+1, lambda *a: at_once(*a)-1, wide)

def cut(answers, length, room, overlap): return [(a, b) for a, b in answers if not any(s <= a and b < s+room for s in range(0, length, room-overlap))]

def test_cut_answers():
    judged('tutorials.questions', 1, cut, lambda answers, length, room, overlap: cut(answers, length, room, 0), lambda *a: [], lambda answers, *a: [x for x in answers if x[1] > x[0]])
