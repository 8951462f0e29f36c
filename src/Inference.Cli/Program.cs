Console.Error.WriteLine("inference");
return 1;
