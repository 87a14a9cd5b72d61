"What a checker should find: each line that ends in `# wrong`, and no other. Never run."
import torch
from nbformers import AutoModelForCausalLM, AutoTokenizer, TrainingArguments, pipeline, warn_ones  # wrong

classify = pipeline('text-classification')
print(classify('a text')[0]['lable'])  # wrong
number: int = classify('a text')[0]['score']  # wrong
model, tokenizer = AutoModelForCausalLM.from_pretrained('starter/lm'), AutoTokenizer.from_pretrained('starter/lm')
enc = tokenizer('a text', return_tensors='pt')
print(model.generate(**enc).sequences)  # wrong
print(model.generate(**enc, return_dict_in_generate=True).shape + 'x')
print(tokenizer.decode(torch.tensor([1])).shape)  # wrong
args = TrainingArguments(output_dir='out', learning_rat=1e-3)  # wrong
args = TrainingArguments(output_dir='out', num_train_epochs='three')  # wrong
AutoTokenizer.from_pretrained()  # wrong
