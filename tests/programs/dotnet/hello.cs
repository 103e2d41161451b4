using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

class Hello
{
    static int Deep(int n) => n == 0 ? throw new InvalidOperationException("deep") : Deep(n - 1) + 1;

    static async Task<int> Main(string[] arguments)
    {
        Console.WriteLine("hello " + string.Join(",", arguments));
        File.WriteAllText("o.txt", "\u00E4\u00F6\u00FC\n");
        Console.WriteLine(File.ReadAllText("o.txt").Length + " " + new FileInfo("o.txt").Length);
        var sums = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Enumerable.Range(0, 100000).Sum(x => (long)x * i))));
        Console.WriteLine(sums.Sum());
        try { object o = null; o.ToString(); } catch (NullReferenceException e) { Console.WriteLine(e.GetType().Name); }
        try { int zero = arguments.Length - 2; Console.WriteLine(1 / zero); } catch (DivideByZeroException e) { Console.WriteLine(e.Message); }
        try { try { Deep(50); } finally { Console.WriteLine("finally"); } } catch (InvalidOperationException e) when (e.Message == "deep") { Console.WriteLine("filtered"); }
        Console.WriteLine(1.1m * 3m + 0.7m + " " + (1m / 3m) + " " + decimal.Round(2.345m, 2));
        Console.WriteLine("abcdef".IndexOf("CD", StringComparison.CurrentCultureIgnoreCase) + " " + "abc".StartsWith("ab", StringComparison.CurrentCulture));
        Console.WriteLine(1234567.891.ToString("N", CultureInfo.GetCultureInfo("en-US")) + " " + new DateTime(2020, 2, 29).ToString("D", CultureInfo.GetCultureInfo("en-US")));
        using (var child = Process.Start(new ProcessStartInfo("cmd.exe", "/c echo child") { RedirectStandardOutput = true, UseShellExecute = false }))
            Console.WriteLine(child.StandardOutput.ReadToEnd().Trim());
        Console.WriteLine(Regex.Replace("a1b22", "[0-9]+", "#", RegexOptions.Compiled));
        using (var hash = SHA256.Create()) Console.WriteLine(BitConverter.ToString(hash.ComputeHash(new byte[3])).Substring(0, 11));
        return 7;
    }
}
