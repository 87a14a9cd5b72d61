"Solution to the exercise of the chapter on CLIPSeg."
import torch
from nbformers import CLIPSegConfig, CLIPSegForImageSegmentation

def test_states_before_the_prompt():
    "What the first layer reads and gives; from the second on, which is told, all differ."
    torch.manual_seed(0)
    size = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2)
    model = CLIPSegForImageSegmentation(CLIPSegConfig(text_config=size | dict(vocab_size=12), vision_config=size | dict(image_size=8, patch_size=4), projection_dim=8,
        extract_layers=[0, 1], reduce_dim=8, decoder_num_attention_heads=2, decoder_intermediate_size=16, conditional_layer=1)).eval()
    x = torch.randn(1, 3, 8, 8).expand(2, -1, -1, -1)
    states = model(pixel_values=x, conditional_embeddings=torch.randn(2, 8), output_hidden_states=True).decoder_output.hidden_states
    assert [torch.allclose(h[0], h[1]) for h in states] == [True, True, False]
