@echo off
rem Variables, quoting, if, set /a: what scripts stand on.
echo [%1] [%~2] [%3] all=%*
echo %nosuchvariable%undefined vanishes
set V=Hello, World
echo %V:~0,5% %V:~-5% %V:~3,-3% %V:World=there% %V:*, =%
if "%1"=="x" (echo first is x) else echo first is not x
if not "%1"=="x" (echo wrong) else (echo right)
if /i ABC==abc echo same
if ABC==abc echo wrong
if 10 GTR 9 echo as numbers
if 10x LSS 9x echo as text
if defined V echo defined
if not defined nosuch echo not defined
if exist C:\Windows\System32\ntdll.dll echo there
if not exist C:\nosuch.dir\x echo not there
if 1==2 echo a & echo b
if 1==1 echo c & echo d
exitcode 3
if errorlevel 4 echo wrong
if errorlevel 3 echo at least three
echo echo keeps it: %errorlevel%
set /a A=(1+2)*3, B=7%%3, C=0x10 + 010, D=-7/2, E=1^<^<4, F=~5, G=!0, H=6^|9
echo %A% %B% %C% %D% %E% %F% %G% %H%
set /a A+=1, A*=2
echo %A%
set /a X=1/0
echo a^&b "c^&d" e^^f
echo one & echo two && echo three || echo four
(echo in & echo a group) & echo after
echo con^
tinued
:: a comment
set "Q=a & b"
echo "%Q%"
set Q=
if not defined Q echo gone
