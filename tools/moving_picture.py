"""The moving picture of the README: the starter model writes a sentence, token by token. Above, the text: the more a token is looked
at while the next one is chosen, the darker it stands. Below, the five likeliest next tokens; the one that was drawn is filled.
Everything in it is computed by the model here.

    python tools/moving_picture.py            # writes nbs/images/writing.gif
    python tools/moving_picture.py -o x.gif --seed 3 --prompt 'In the beginning'"""
import argparse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT/'nbs/images/writing.gif'
PROMPT, SEED, TOKENS, TEMPERATURE, TOP_K, LAYER, HEAD = 'Call me Ishmael. The sea', 0, 21, .7, 40, 4, 0
WIDTH, HEIGHT, LEFT = 760, 330, 28
PAPER, INK, GREY, BLUE, ORANGE = (255, 255, 255), (34, 40, 49), (120, 128, 140), (44, 110, 190), (221, 107, 32)

def frames_of(prompt=PROMPT, seed=SEED, tokens=TOKENS):
    "One dictionary a step: the tokens so far, the shares of attention over them, the five likeliest next tokens, and the one drawn."
    import torch
    from nbformers import AutoModelForCausalLM, AutoTokenizer
    tok, model = AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm', attn_implementation='eager').eval()
    ids, gen, out = tok(prompt, return_tensors='pt').input_ids, torch.Generator().manual_seed(seed), []
    for _ in range(tokens):
        with torch.no_grad(): seen = model(input_ids=ids, output_attentions=True)
        look = seen.attentions[LAYER][0, HEAD, -1]
        logits = seen.logits[0, -1]/TEMPERATURE
        probs = logits.masked_fill(logits < logits.topk(TOP_K).values[-1], -torch.inf).softmax(-1)
        drawn = torch.multinomial(probs, 1, generator=gen)
        best = probs.topk(5)
        shown = list(zip(best.indices.tolist(), best.values.tolist()))
        if drawn.item() not in best.indices.tolist(): shown[-1] = (drawn.item(), probs[drawn].item())
        words, before = [], ''
        for i in range(1, ids.shape[1] + 1):   # decoded together: a token alone may lose its leading space
            now = tok.decode(ids[0, :i], skip_special_tokens=True)
            words.append(now[len(before):]); before = now
        out.append(dict(words=words, look=look.tolist(), next=[(tok.decode([i]), p, i == drawn.item()) for i, p in shown]))
        ids = torch.cat([ids, drawn[None]], 1)
    return out

def font(size, bold=False):
    "A font that comes with matplotlib."
    import matplotlib
    from PIL import ImageFont
    return ImageFont.truetype(str(Path(matplotlib.get_data_path())/f"fonts/ttf/DejaVuSans{'-Bold' if bold else ''}.ttf"), size)

def blend(a, b, t): return tuple(round(x + (y - x)*t) for x, y in zip(a, b))

def page(step, prompt_words):
    "One frame."
    from PIL import Image, ImageDraw
    im = Image.new('RGB', (WIDTH, HEIGHT), PAPER)
    d, text, small = ImageDraw.Draw(im), font(21), font(15)
    d.text((LEFT, 12), f'starter/lm: where the last token looks (layer {LAYER + 1}, head {HEAD + 1}), and which token comes next', font=small, fill=GREY)
    x, y, top = LEFT, 44, max(step['look'])
    for i, (w, a) in enumerate(zip(step['words'], step['look'])):
        width = d.textlength(w, font=text)
        if x + width > WIDTH - LEFT or '\n' in w: x, y = LEFT, y + 34; w = w.strip(); width = d.textlength(w, font=text)
        d.rectangle([x, y - 1, x + width, y + 27], fill=blend(PAPER, (255, 196, 140), min(1, a/top)))
        d.text((x, y), w, font=text, fill=INK if i < prompt_words else BLUE)
        x += width
    d.rectangle([x + 3, y + 1, x + 5, y + 26], fill=ORANGE)
    for k, (w, p, drawn) in enumerate(step['next']):
        at = 172 + 30*k
        d.text((LEFT + 92, at), repr(w)[1:-1].replace(' ', '␣'), font=font(17, drawn), fill=ORANGE if drawn else INK, anchor='ra')
        length = round((WIDTH - 2*LEFT - 190)*p)
        d.rectangle([LEFT + 108, at + 2, LEFT + 108 + max(length, 2), at + 20], fill=ORANGE if drawn else (214, 222, 232))
        d.text((LEFT + 116 + max(length, 2), at + 2), f'{p:.0%}' if p > .005 else '< 1%', font=small, fill=GREY)
    return im

def main(out=OUT, prompt=PROMPT, seed=SEED):
    steps = frames_of(prompt, seed)
    n = len(steps[0]['words'])
    pages = [page(s, n).quantize(64, dither=0) for s in steps]
    out.parent.mkdir(parents=True, exist_ok=True)
    pages[0].save(out, save_all=True, append_images=pages[1:], duration=[650]*(len(pages) - 1) + [2600], loop=0, optimize=True)
    print(f'{out}: {len(pages)} frames, {out.stat().st_size//1024} KB')

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('-o', '--out', type=Path, default=OUT)
    p.add_argument('--prompt', default=PROMPT)
    p.add_argument('--seed', type=int, default=SEED)
    a = p.parse_args()
    main(a.out, a.prompt, a.seed)
