echo in %~n0 with %1
set VAR=set there
@exit /b 9
