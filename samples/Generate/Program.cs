Console.WriteLine("Generate");
