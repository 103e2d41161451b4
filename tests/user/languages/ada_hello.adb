--  SPDX-License-Identifier: MIT
--  An Ada program that uses its run time: tasks, a protected object, exceptions of its own, and those that hardware traps become.
with Ada.Text_IO; use Ada.Text_IO;

procedure Ada_Hello is
   Mine : exception;

   protected Counter is
      procedure Bump;
      function Value return Integer;
   private
      Count : Integer := 0;
   end Counter;

   protected body Counter is
      procedure Bump is
      begin
         Count := Count + 1;
      end Bump;

      function Value return Integer is (Count);
   end Counter;

   task type Worker;

   task body Worker is
   begin
      for I in 1 .. 1000 loop
         Counter.Bump;
      end loop;
   end Worker;

   type Pointer is access all Integer;
   Numbers : array (1 .. 5) of Integer := (others => 0);
   Index   : Integer := 6;
   Null_Pointer : Pointer;
   pragma Volatile (Index);
   pragma Volatile (Null_Pointer);
   pragma Suppress (Access_Check);
begin
   Put_Line ("Hello from Ada");
   declare
      Workers : array (1 .. 4) of Worker;
   begin
      null;
   end;
   Put_Line ("tasks counted" & Integer'Image (Counter.Value));
   begin
      Numbers (Index) := 1;
   exception
      when Constraint_Error => Put_Line ("range checked");
   end;
   begin
      raise Mine;
   exception
      when Mine => Put_Line ("exception caught");
   end;
   begin
      Index := Null_Pointer.all;  --  the processor's access violation
   exception
      when Constraint_Error | Storage_Error | Program_Error => Put_Line ("access violation caught");
   end;
end Ada_Hello;
