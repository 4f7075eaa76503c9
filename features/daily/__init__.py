"""What is known once a UTC day: the market, supply of stablecoins and its ratio, funds."""
