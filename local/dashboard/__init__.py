"""The deployed dashboard as a picture, where there is no console: its own definition, drawn from recorded metrics.

``definition`` reads what CloudFormation deployed, ``recorded`` asks CloudWatch for each graph's values, ``drawing``
makes an SVG of them. No library draws: it is rectangles, lines and text.
"""
