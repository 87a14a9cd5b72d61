"What several solutions start from."
import pytest

@pytest.fixture(scope='module')
def lm():
    "The small language model that comes with the book, on one thread: `(tokenizer, model)`."
    import torch
    from nbformers import AutoModelForCausalLM, AutoTokenizer
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm')
    torch.set_num_threads(n)
