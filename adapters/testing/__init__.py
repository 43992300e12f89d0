"""The gateway contract suite: subclass what fits an adapter, give a harness, and pytest does the rest.

``contract.GatewayContract`` holds for all, ``callbacks.SignedCallbackContract``, ``wires.WireContract`` and
``tokens.TokenContract`` for those they fit; ``harness`` says what to provide, ``builders`` make the inputs.
Nothing is imported here, so that pytest can rewrite the suite's assertions first.
"""
