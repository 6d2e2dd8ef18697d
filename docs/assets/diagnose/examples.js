// Written by tests/golden.py from the chapters' programs.

export const examples = [
 {
  "name": "a parabola",
  "text": "80.4866\n102.811\n137.092\n189.734\n270.573\n394.71\n585.338\n878.069\n1327.59\n2017.89\n3077.91\n4705.71\n7205.38",
  "settings": {
   "rate": "0.12"
  }
 },
 {
  "name": "a ReLU network",
  "text": "1.55038\n4.50782\n204.769\n4.36125e+07\n9.07174e+23\ninf",
  "settings": {
   "rate": "0.7071"
  }
 },
 {
  "name": "mini-batches",
  "text": "1492.71\n1.11109e+06\n4.6666e+08\n3.56427e+11\n7.85658e+14\n1.43306e+18\n1.54215e+21\n6.47509e+23\n1.43461e+26\n5.42315e+28\n6.71839e+31\n6.9436e+34\ninf",
  "settings": {
   "rate": "1.203e-05",
   "momentum": "0.9",
   "batch_size": "8"
  }
 },
 {
  "name": "a Keras log",
  "text": "Epoch 1/3\n100/100 ━━━━━━━━━━━━━━━━━━━━ 0s 2ms/step - loss: nan\nEpoch 2/3\n100/100 ━━━━━━━━━━━━━━━━━━━━ 0s 2ms/step - loss: nan\nEpoch 3/3\n100/100 ━━━━━━━━━━━━━━━━━━━━ 0s 2ms/step - loss: nan",
  "settings": {
   "rate": "0.001",
   "batch_size": "32"
  }
 },
 {
  "name": "a Hugging Face log",
  "text": "{'loss': 3.6602, 'grad_norm': 7.1061, 'learning_rate': 0.3, 'epoch': 0.25}\n{'loss': 16.0469, 'grad_norm': 24.707, 'learning_rate': 0.3, 'epoch': 0.5}\n{'loss': 76.6875, 'grad_norm': 54.875, 'learning_rate': 0.3, 'epoch': 0.75}\n{'loss': 271.75, 'grad_norm': 229.47, 'learning_rate': 0.3, 'epoch': 1.0}\n{'loss': 0.0, 'grad_norm': 24208.0, 'learning_rate': 0.3, 'epoch': 1.25}\n{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 0.3, 'epoch': 1.5}\n{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 0.3, 'epoch': 1.75}",
  "settings": {}
 },
 {
  "name": "AdamW",
  "text": "step,loss\n1,1.396\n2,338.2\n3,92.66\n4,76.73\n5,18.67\n6,4.905\n7,4.658\n8,1.564\n9,1.036\n10,1.052\n11,1.099\n12,1.108\n13,1.121\n14,1.123\n15,1.114\n16,1.101\n17,1.099\n18,1.099\n19,1.099\n20,1.099",
  "settings": {
   "rate": "1",
   "guess": "3 classes",
   "optimiser": "AdamW"
  }
 },
 {
  "name": "rate or sign",
  "text": "step,loss,b\n0,80.4866,0\n1,97.4924,-0.394393\n2,121.437,-0.86238\n3,155.151,-1.41769\n4,202.622,-2.07663\n5,269.462,-2.85852\n6,363.573,-3.78631\n7,496.083,-4.88723\n8,682.661,-6.19359\n9,945.366,-7.7437\n10,1315.26,-9.58307\n11,1836.08,-11.7657\n12,2569.4,-14.3555",
  "settings": {
   "rate": "0.01"
  }
 },
 {
  "name": "nan at once",
  "text": "nan\nnan\nnan",
  "settings": {
   "rate": "0.001"
  }
 },
 {
  "name": "nan from nowhere",
  "text": "28752.2\n13314.7\n7727.16\n6399.42\n6083.94\n6014.19\n5988.71\n5986.32\nnan",
  "settings": {
   "rate": "0.003942"
  }
 },
 {
  "name": "it comes back",
  "text": "1.12081\n0.680621\n1.00186\n9.93218\n30.732\n4.61679\n4.00044\n0.5472\n0.99962\n1.91405\n0.216733\n0.264241\n0.248687\n0.160666\n0.118801\n0.114237\n0.0978767\n0.0996967",
  "settings": {
   "rate": "4.036",
   "momentum": "0.5"
  }
 },
 {
  "name": "it trains",
  "text": "80.4866\n66.3832\n57.0521\n50.8785\n46.7939\n44.0915\n42.3035\n41.1205\n40.3379\n39.82\n39.4774\n39.2507\n39.1008\n39.0015\n38.9359\n38.8925",
  "settings": {
   "rate": "0.01"
  }
 }
];
