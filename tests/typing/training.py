"Fine-tuning, from a model's own class and from an Auto class. Read by a type checker, never run."
from typing import Any
import torch
from nbformers import (AutoModelForSequenceClassification, BertForSequenceClassification, DataCollatorWithPadding, EarlyStoppingCallback, EvalPrediction,
    Trainer, TrainerCallback, TrainingArguments, AutoTokenizer, get_linear_schedule_with_warmup)

class Shout(TrainerCallback):
    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: print('done', state.epoch)

class Weighted(Trainer):
    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        out = model(**inputs)
        return (out.loss, out) if return_outputs else out.loss

def accuracy(p: EvalPrediction) -> dict[str, float]: return {'accuracy': float((p.predictions.argmax(-1) == p.label_ids).mean())}

tokenizer = AutoTokenizer.from_pretrained('starter/minilm')
model = AutoModelForSequenceClassification.from_pretrained('starter/minilm', num_labels=2, id2label={0: 'NEGATIVE', 1: 'POSITIVE'})
rows = [dict(tokenizer('good', truncation=True, max_length=8)) | {'labels': 1}]
args = TrainingArguments(output_dir='out', num_train_epochs=1, per_device_train_batch_size=8, learning_rate=1e-4, warmup_steps=10, bf16=False,
                         eval_strategy='epoch', save_strategy='epoch', logging_steps=10, load_best_model_at_end=True, report_to='none', seed=1)
trainer = Weighted(model=model, args=args, train_dataset=rows, eval_dataset=rows, processing_class=tokenizer, data_collator=DataCollatorWithPadding(tokenizer),
                   compute_metrics=accuracy, callbacks=[Shout(), EarlyStoppingCallback(early_stopping_patience=2)])
result = trainer.train(resume_from_checkpoint=False)
print(result.training_loss, result.global_step, trainer.evaluate()['eval_accuracy'], trainer.predict(rows).metrics)
trainer.save_model('out')
trainer.push_to_hub()
bert = BertForSequenceClassification.from_pretrained('out')
same: BertForSequenceClassification = bert.eval()
optimizer = torch.optim.AdamW(bert.parameters(), lr=1e-4)
schedule = get_linear_schedule_with_warmup(optimizer, 10, 100)
bert.gradient_checkpointing_enable()
bert.resize_token_embeddings(100)
