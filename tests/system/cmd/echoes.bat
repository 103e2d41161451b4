@set PROMPT=$G
echo shown
@echo not shown
rem a remark
if 1==1 echo yes
for %%a in (1 2) do @echo %%a
@echo off
echo quiet
