class C { static void Main() { int x = "text"; } }
