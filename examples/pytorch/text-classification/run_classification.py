"""The same script under the name that documents use for data of one's own; see run_glue.py.

    python run_classification.py --model_name_or_path bert-base-cased --train_file a.csv --validation_file b.csv \\
        --text_column_names subject,body --label_column_name kind --do_train --do_eval --output_dir out"""
from run_glue import main

if __name__ == '__main__': main()
