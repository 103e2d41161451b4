@echo off
setlocal enabledelayedexpansion
set N=0
for %%a in (one "two 2",three;four) do (
    set /a N+=1
    echo !N! %%a %%~a
)
for /l %%i in (3,-1,1) do echo down %%i
for /l %%i in (1,1,0) do echo never
for %%f in (C:\Windows\System32\ntd*.dll) do echo file %%~nxf %%~df %%~pf
for /d %%d in (C:\Windows\Sys*) do echo directory %%~nd
for /f "tokens=1,2* delims=," %%a in ("p,q,r,s") do echo [%%a] [%%b] [%%c]
for /f "usebackq tokens=2" %%a in ('one two three') do echo %%a
for /f "skip=1 eol=# tokens=1-2" %%a in (%~dp0lines.txt) do echo line %%a-%%b
for /f "delims=" %%v in ('echo from a command^& echo and another') do echo got %%v
for %%a in (x y) do for %%b in (1 2) do echo %%a%%b
for %%a in ("echo an item is a command") do %%~a
set L=
for %%i in (a b c) do set L=!L!%%i
echo %L%
for %%a in (1 2 3) do if %%a==2 goto out
echo never
:out
echo out of the loop
endlocal
echo [%L%]
