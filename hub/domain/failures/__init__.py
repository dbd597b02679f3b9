"""What broke: symptoms, classes, and the dated sets of rules that tell them."""
