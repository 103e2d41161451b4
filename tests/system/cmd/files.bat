@echo off
md C:\w\a\b
cd /d C:\w
md a 2>&1
echo level %errorlevel%
echo one> one.txt
echo two> two.txt
copy one.txt a
copy one.txt + two.txt both.txt > nul
type both.txt
copy *.txt a\*.bak > nul
dir /b /on a
ren one.txt uno.txt
ren *.txt *.dat
dir /b /on *.dat
move uno.dat a\b
move a\b c
dir /b /on c
copy nosuch.txt x.txt 2>&1
echo level %errorlevel%
rd a 2>&1
echo level %errorlevel%
del /q a\*.bak a\one.txt
rd a
echo level %errorlevel%
del nosuch.txt 2>&1
echo level %errorlevel%
copy two.dat two.dat 2>&1
ren two.dat both.dat 2>&1
cd \
rd /s /q C:\w
if not exist C:\w echo gone
