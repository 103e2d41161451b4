@echo off
call :sub alpha "be ta"
echo level %errorlevel%
call :nosuchlabel
call "%~dp0other.bat" one
echo other left %errorlevel%, %VAR%
call echo twice %%V%%
set V=now
call echo twice %%V%%
set I=0
:again
set /a I+=1
if %I% LSS 3 goto again
echo I is %I%
call :recurse 3
shift
echo shifted: %0 [%1]
call :pop
echo still here
pushd C:\Windows
cd
popd
cmd "/c exit 88"
echo quoted switch %errorlevel%
cmd/c exit 7
echo joined switch %errorlevel%
cmd /q/d/c echo three switches
md "C:\Temp\x;y"
copy C:\Windows\System32\cmd.exe "C:\Temp\x;y\inquotes.exe" >nul
set PATH=C:\nosuch;C:\Temp\"x;y";%PATH%
inquotes /c echo found along PATH
echo ;
rd /s /q "C:\Temp\x;y"
goto :eof
echo never
:sub
echo in sub: %0 %1 %~2
exit /b 5
:recurse
if %1==0 exit /b 0
echo depth %1
set /a M=%1-1
call :recurse %M%
goto :eof
:pop
setlocal
set I=changed
exit /b
