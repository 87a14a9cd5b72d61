"The conformance check over the whole register: every class with a configuration from the parity cases, or of those whose golden files 4.57 made."
import os, re
import pytest, torch
from nbformers import _registry
from nbformers.auto import lookup, roles
from nbformers.models.check import check_model, model_properties
from tests.golden.specs import SPECS
from tests.parity.cases import CASES
from tests.parity.harness import draw

PATHS = {f'{t}/{v.rpartition(":")[2]}': (t, v) for t,d in sorted(_registry.architectures.items()) for r,v in d.items()
         if r not in ('config', 'tokenizer') and isinstance(v, str) and ':' in v}

# drawn values with which a property cannot hold, and what is taken instead
PLAIN = dict(
    tie_word_embeddings=True,            # untied, some heads have a bias or a table that nothing reads, as in the reference
    problem_type=None,                   # labels of the check are classes
    num_experts_per_tok=2, moe_k=2,      # the weight of one expert alone is one: no gradient for its router
    num_experts=2, num_local_experts=3,  # few, so that fourteen tokens reach them all
    expert_capacity=64, moe_eval_capacity_token_fraction=1.,   # an expert without room takes what came first: rows and earlier tokens matter
    inner_group_num=1,                   # ALBERT: more states than layers
    rotary_value=False,                  # RoFormer: values turn as well, so left padding shifts what is read
    summary_type='first',                # 'last' reads the last column, padding or not
    trigram_input=False,                 # MobileBERT: the last token sees its right neighbour, padding or not
    use_bottleneck_attention=False,      # MobileBERT: one of its narrow projections is then there, but unread
    use_bidirectional_attention=None,    # Gemma: a cache cannot know the future
    router_jitter_noise=.4,              # PhiMoE: a small one leaves one expert of each choice, with a weight of one
    enable_shape=True, enable_pronunciation=True,   # RoCBERT: the tables are there in any case
    drop_path_rate=0.,                   # a layer that is skipped gets no gradient
    languages=['en_XX', 'de_DE'],        # X-MOD: two rows, two languages
    apply_spec_augment=True,             # the vector for hidden moments is then read
    pos_att_type=['p2c', 'c2p'], relative_attention=True,   # SEW-D: without it the table of distances is there, but unread
    use_weighted_layer_sum=False,        # a mixture of layers does not read the norm above them
)

# what some classes read besides token ids, or instead
def episodes(cfg): return dict(states=torch.randn(2, 7, cfg.state_dim), actions=torch.randn(2, 7, cfg.act_dim), rewards=torch.randn(2, 7, 1),
    returns_to_go=torch.randn(2, 7, 1), timesteps=torch.arange(7).expand(2, 7).clone(), attention_mask=torch.ones(2, 7, dtype=torch.long))
def trajectories(cfg): return dict(trajectories=torch.randint(cfg.vocab_size, (2, cfg.transition_dim+3)))
def pairs(cfg):
    ids = torch.randint(3, cfg.vocab_size, (4, 7))
    return dict(input_ids_query=ids[:2], attention_mask_query=torch.ones(2, 7), input_ids_doc=ids[2:], attention_mask_doc=torch.ones(2, 7))
def questions(cfg): return dict(input_ids=torch.randint(8, 40, (2, 7)).index_fill(1, torch.tensor([2]), cfg.question_token_id))
def sounds(cfg): return dict(input_shape_ids=torch.randint(cfg.shape_vocab_size, (2, 7)), input_pronunciation_ids=torch.randint(cfg.pronunciation_vocab_size, (2, 7)))
def spout(cfg): return dict(spout=torch.randn(2, cfg.d_spout))
def noises(cfg): return dict(noise=torch.rand(2, (cfg.image_size//cfg.patch_size)**2)) # a row alone hides what it hides in company
def tubes(cfg): return dict(bool_masked_pos=torch.tensor([[True, False, False, True]]).repeat(2, (cfg.num_frames//cfg.tubelet_size)*(cfg.image_size//cfg.patch_size)**2//4+1)[:, :(cfg.num_frames//cfg.tubelet_size)*(cfg.image_size//cfg.patch_size)**2])
def captions(cfg): return dict(pixel_values=torch.randn(2, cfg.encoder.num_channels, cfg.encoder.image_size, cfg.encoder.image_size), decoder_input_ids=torch.randint(3, cfg.decoder.vocab_size, (2, 6)))
def seen(cfg): return dict(pixel_values=torch.randn(2, cfg.num_channels, cfg.image_size, cfg.image_size))
def languages(cfg): return dict(lang_ids=torch.tensor([0, 1]))
def tables(cfg): return dict(token_type_ids=torch.tensor([[0]*7]*3 + [[1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 2], [1, 1, 2, 1, 2, 2, 4], [1, 1, 2, 1, 2, 2, 4]]).expand(2, 7, 7))
def boxes(cfg):
    size = cfg.max_2d_position_embeddings//2
    return dict(bbox=torch.randint(0, size, (2, 7, 4)) + torch.tensor([0, 0, size, size]))
def windows(cfg): return dict(input_features=torch.randn(2, 30, cfg.input_feat_per_channel*cfg.input_channels), decoder_input_ids=torch.randint(4, cfg.vocab_size, (2, 6)))
def speeches(cfg):
    x = dict(input_features=torch.randn(2, 24, cfg.encoder.feature_projection_input_dim)) if cfg.encoder.model_type == 'wav2vec2-bert' else dict(input_values=torch.randn(2, 400))
    return x | dict(decoder_input_ids=torch.randint(3, cfg.decoder.vocab_size, (2, 6)))
def energies(cfg): return dict(input_features=torch.randn(2, 24, cfg.feature_projection_input_dim))
INPUTS = {'vilt/.*': seen, 'wav2vec2-bert/.*': energies, 'speech_to_text/.*': windows, 'vision-encoder-decoder/.*': captions, 'speech-encoder-decoder/.*': speeches, 'vit_mae/.*': noises, 'videomae/.*PreTraining': tubes, 'tapas/.*': tables, 'layoutlm/.*': boxes, 'gptsan-japanese/.*': spout, 'xmod/(?!.*Choice).*': languages, 'decision_transformer/DecisionTransformerModel': episodes, 'trajectory_transformer/.*': trajectories, 'retribert/.*': pairs,
    'splinter/.*(PreTraining|Answering)': questions, 'roc_bert/(?!.*Choice).*': sounds}

# classes for which one property does not hold, and why; the reference is the same in all of them
EXCUSED = [
    ('vilt/.*Answering', 'gradient everywhere', 'its labels are shares, not classes; tests/parity compares gradients'),
    ('vilt/ViltModel', 'padded = unpadded', 'the patches\' states stand behind the words\'; its heads are checked in the chapter'),
    ('speech-encoder-decoder/.*', 'gradient everywhere', 'the vector for hidden moments is not read where nothing is hidden'),
    ('imagegpt/.*Classification', 'padded = unpadded', 'the mean is over all columns: images have no padding'),
    ('imagegpt/.*Classification', 'left = right padding', 'as above'),
    ('tapas/TapasModel', 'left = right padding', 'positions count from the first column'),
    ('tapas/.*Answering', 'gradient everywhere', 'the labels of the check are for spans; tests/parity compares gradients'),
    ('(conditional_)?detr/.*', 'gradient everywhere', 'queries start at zero: the first layer\'s values are their biases; tests/parity compares gradients'),
    ('conditional_detr/.*Detection', 'bfloat16', 'a query\'s point is rounded before it becomes waves'),
    ('splinter/.*PreTraining', 'padded = unpadded', 'a score for each column, for each question'),
    ('t5gemma/.*SequenceClassification', 'padded = unpadded', 'reads the decoder one place further where a place is left'),
    ('t5gemma/T5GemmaEncoderModel', 'states and maps', 'the depth in its configuration is the decoder\'s'),
    ('squeezebert/.*', 'states and maps', 'maps are scores before the softmax, whose rows do not sum to one'),
    ('(squeezebert|layoutlm)/.*(MaskedLM|Answering|TokenClassification)', 'gradient everywhere', 'the pooler is there, but unread'),
    ('(vision-)?encoder-decoder/.*', 'gradient everywhere', 'the encoder\'s pooler is there, but unread'),
    ('esm/.*', 'gradient everywhere', 'the contact head answers `predict_contacts` alone'),
    ('roc_bert/.*PreTraining', 'gradient everywhere', 'the pooler learns from attacked texts alone'),
    ('xmod/.*Choice', 'gradient everywhere', 'one language a batch: the default'),
    ('(convnext|convnextv2|swin|pvt_v2)/.*Backbone', 'gradient everywhere', 'stages and norms above the last map that is asked for'),
    ('van/.*', 'gradient everywhere', 'a last norm that nothing reads'),
    ('regnet/.*', 'gradient everywhere', 'the two or three channels inside a gate can all be dead behind their ReLU'),
    ('mobilenet_v1/.*Classification', 'gradient everywhere', 'dropout leaves one feature in a thousand'),
    ('mobilenet_v2/.*Segmentation', 'gradient everywhere', 'the last convolution is for the other head; this one reads what comes before it'),
    ('(swin(v2)?|vit|deit)/.*MaskedImageModeling', 'gradient everywhere', 'no patch is hidden in the usual inputs'),
    ('(beit|data2vec-vision)/.*', 'gradient everywhere', 'no patch is hidden in the usual inputs, and maps above the last that is asked for reach nothing'),
    ('dinov2(_with_registers)?/.*', 'gradient everywhere', 'no patch is hidden in the usual inputs, and a backbone norms the maps that are asked for'),
    ('swinv2/Swinv2Model', 'gradient everywhere', 'a norm above leaves squares as they are; tests/parity compares gradients'),
    ('wav2vec2-conformer/.*', 'gradient everywhere', 'a convolution for positions is there, but unread'),
    ('unispeech(-sat)?/.*PreTraining', 'gradient everywhere', 'the reference has modules for a loss that it does not have'),
    ('decision_transformer/DecisionTransformerModel', 'gradient everywhere', 'the GPT-2 inside keeps a table of words that nothing reads'),
]
LEFT_OUT = {'retribert/RetriBertModel', 'timm_backbone/TimmBackbone', 'clip/CLIPModel', 'clip/CLIPForImageClassification', 'clip_text_model/CLIPTextModel', 'clip_vision_model/CLIPVisionModel',
    'siglip/SiglipModel', 'siglip/SiglipForImageClassification', 'siglip_text_model/SiglipTextModel', 'siglip_vision_model/SiglipVisionModel',
    'chinese_clip/ChineseCLIPModel', 'chinese_clip_vision_model/ChineseCLIPVisionModel', 'altclip/AltCLIPModel', 'vision-text-dual-encoder/VisionTextDualEncoderModel',
    'align/AlignModel', 'clipseg/CLIPSegModel', 'xclip/XCLIPModel', 'owlvit/OwlViTModel', 'owlvit/OwlViTForObjectDetection', 'owlv2/Owlv2Model', 'owlv2/Owlv2ForObjectDetection',
    'whisper/WhisperModel', 'whisper/WhisperForConditionalGeneration', 'whisper/WhisperForCausalLM', 'whisper/WhisperForAudioClassification'}
# timm_backbone: its chapter compares it with ResNet, the reference needs timm for it. RetriBERT: two texts in, a loss out: none of the properties can be asked; tests/golden compares it. Pairs of towers and Whisper: their chapters check them, tests/parity and tests/test_sound.py compare them

def settings(model_type, name):
    "The first drawn configuration, made plain."
    first = draw(model_type, name)[0] if model_type in CASES else SPECS[model_type]['configs'][0]
    return first | {k: v for k,v in PLAIN.items() if k in first}

@pytest.fixture(autouse=True)
def quick(monkeypatch): monkeypatch.setattr(os, 'fsync', lambda fd: None)   # the disk need not be waited for

def test_everything_named_exists():
    for pattern in (*INPUTS, *LEFT_OUT, *(p for p,_,_ in EXCUSED)): assert any(re.fullmatch(pattern, n) for n in PATHS), pattern
    assert {p for _,p,_ in EXCUSED} <= set(model_properties)

@pytest.mark.parametrize('key', sorted(PATHS.keys() - LEFT_OUT))
def test_check_model(key):
    (model_type,path),name = PATHS[key],key.rpartition('/')[2]
    cls = next(lookup(model_type, r) for r in roles(model_type) if _registry.architectures[model_type].get(r) == path)
    cfg = cls.config_class(**settings(model_type, name))
    torch.manual_seed(0)
    inputs = next((f(cfg) for pattern,f in INPUTS.items() if re.fullmatch(pattern, key)), None)
    report = check_model(cls, cfg, inputs=inputs, skip=[p for pattern,p,_ in EXCUSED if re.fullmatch(pattern, key)])
    assert sum(c.ok is True for c in report) >= 6, report

@pytest.mark.parametrize('pattern,prop,why', EXCUSED, ids=[f'{p} {n}' for p,n,_ in EXCUSED])
def test_excuses_are_needed(pattern, prop, why, monkeypatch):
    "Without its excuse a class fails, or the excuse is out of date."
    key = next(k for k in PATHS if re.fullmatch(pattern, k))
    monkeypatch.setattr(f'{__name__}.EXCUSED', [e for e in EXCUSED if e[:2] != (pattern, prop)])
    with pytest.raises(AssertionError, match=f'✗ {prop}'): test_check_model(key)
