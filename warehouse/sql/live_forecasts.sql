FROM models.forecasts WHERE purpose = 'live'
