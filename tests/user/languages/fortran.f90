! SPDX-License-Identifier: MIT
! A Fortran program that uses its run time: arithmetic on arrays, formatted output, a file written and read, memory.
program hello
  implicit none
  integer :: i, n, ios
  real(8) :: x(5), s
  character(len=40) :: line
  x = [(1.0d0/i, i=1,5)]
  s = sum(x)
  print '(A,F8.5)', 'sum ', s
  open(unit=10, file='C:\Temp\f.txt', status='replace', action='write')
  write(10,'(I5,1X,A)') 42, 'line'
  close(10)
  open(unit=10, file='C:\Temp\f.txt', status='old', action='read')
  read(10,'(I5,1X,A)', iostat=ios) n, line
  close(10, status='delete')
  print *, n, trim(line), ios
  allocate_block: block
    real, allocatable :: a(:,:)
    allocate(a(100,100)); a = 2.0
    print '(A,F10.1)', 'total ', sum(matmul(a,a))
  end block allocate_block
end program hello
