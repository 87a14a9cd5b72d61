"A first script: pipelines, Auto classes, generate. Read by a type checker, never run."
import torch
from torch import Tensor
from nbformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, GenerationConfig, TextStreamer, pipeline, set_seed

set_seed(0)
classify = pipeline('sentiment-analysis', model='starter/sentiment')
best = classify('I love this!')[0]
name: str = best['label']
score: float = best['score']
for row in classify(['one', 'two'], batch_size=2): print(row['label'], f"{row['score']:.3f}")
for rows in classify(['one', 'two'], top_k=None): print([o['label'] for o in rows])

write = pipeline('text-generation', model='starter/lm', device='cpu', dtype=torch.float32)
print(write('The sea', max_new_tokens=5)[0]['generated_text'])
print([answer[0]['generated_text'] for answer in write(['The sea', 'The land'], max_new_tokens=5)])
found = pipeline('ner', model='starter/ner', aggregation_strategy='simple')('Ann lives in Rome.')
print([o['word'] for o in found])
answer: str = pipeline('question-answering')(question='Who?', context='Ahab.')['answer']
answer = pipeline('document-question-answering')('page.png', 'What is the total?', top_k=2)[0]['answer']
text: str = pipeline('automatic-speech-recognition')('speech.wav')['text']
print(pipeline('object-detection')('street.png')[0]['box']['xmin'], pipeline('zero-shot-classification')('A text.', candidate_labels=['a', 'b'])['labels'][0])
print(pipeline('fill-mask')('A [MASK].')[0]['token_str'], pipeline(model='starter/lm').task)

tokenizer = AutoTokenizer.from_pretrained('starter/lm')
model = AutoModelForCausalLM.from_pretrained('starter/lm', dtype=torch.bfloat16, attn_implementation='sdpa').eval().to('cpu')
enc = tokenizer(['The sea', 'A ship at sea'], padding=True, return_tensors='pt').to(model.device)
ids: Tensor = model.generate(**enc, max_new_tokens=20, do_sample=True, temperature=.8, top_p=.9)
print(tokenizer.decode(ids[0], skip_special_tokens=True), tokenizer.batch_decode(ids)[0].strip())
out = model.generate(enc.input_ids, generation_config=GenerationConfig(max_new_tokens=3), return_dict_in_generate=True, output_scores=True)
print(out.sequences.shape)
model.generate(**enc, streamer=TextStreamer(tokenizer), max_new_tokens=5)

chat = tokenizer.apply_chat_template([{'role': 'user', 'content': 'Hello'}], add_generation_prompt=True, return_tensors='pt')
ids = model.generate(**chat.to('cpu'), max_new_tokens=5)
shown: str = tokenizer.apply_chat_template([{'role': 'user', 'content': 'Hello'}], tokenize=False)
numbers: list[int] = tokenizer('plain lists')['input_ids']

with torch.no_grad(): states: Tensor = AutoModel.from_pretrained('starter/minilm')(**enc, output_hidden_states=True).last_hidden_state
config = AutoConfig.from_pretrained('starter/lm', num_hidden_layers=2)
fresh = AutoModelForCausalLM.from_config(config)
print(fresh.num_parameters(), fresh.config.hidden_size, states.shape, name, score, answer, text, shown, numbers)
model.save_pretrained('folder')
tokenizer.save_pretrained('folder')
translated: Tensor = AutoModelForSeq2SeqLM.from_pretrained('folder').generate(**tokenizer('Hello', return_tensors='pt'), num_beams=4)
