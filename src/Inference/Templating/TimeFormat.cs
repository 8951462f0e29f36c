using System.Globalization;
using System.Text;

namespace Inference.Templating;

/// <summary>Dates and times by strftime's directives, in the C locale.</summary>
internal static class TimeFormat
{
    public static string Format(RenderState state, string format, DateTimeOffset time)
    {
        state.Allocate(format.Length * 4L);
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            char kind = format[++i];
            bool unpadded = kind == '-' && i + 1 < format.Length;
            if (unpadded)
                kind = format[++i];
            string part = Directive(kind, time);
            text.Append(unpadded ? part.TrimStart('0', ' ').PadLeft(1, '0') : part);
        }
        return text.ToString();
    }

    private static string Directive(char kind, DateTimeOffset time) => kind switch
    {
        'a' => Net(time, "ddd"),
        'A' => Net(time, "dddd"),
        'b' or 'h' => Net(time, "MMM"),
        'B' => Net(time, "MMMM"),
        'c' => $"{Net(time, "ddd MMM")} {time.Day,2} {Net(time, "HH:mm:ss yyyy")}",
        'C' => Number(time.Year / 100, 2),
        'd' => Net(time, "dd"),
        'D' or 'x' => Net(time, "MM/dd/yy"),
        'e' => $"{time.Day,2}",
        'f' => Net(time, "ffffff"),
        'F' => Net(time, "yyyy-MM-dd"),
        'g' => Number(ISOWeek.GetYear(time.DateTime) % 100, 2),
        'G' => Number(ISOWeek.GetYear(time.DateTime), 4),
        'H' => Net(time, "HH"),
        'I' => Net(time, "hh"),
        'j' => Number(time.DayOfYear, 3),
        'm' => Net(time, "MM"),
        'M' => Net(time, "mm"),
        'n' => "\n",
        'p' => Net(time, "tt"),
        'r' => Net(time, "hh:mm:ss tt"),
        'R' => Net(time, "HH:mm"),
        's' => Number(time.ToUnixTimeSeconds(), 1),
        'S' => Net(time, "ss"),
        't' => "\t",
        'T' or 'X' => Net(time, "HH:mm:ss"),
        'u' => Number(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        'U' => Number((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2),
        'V' => Number(ISOWeek.GetWeekOfYear(time.DateTime), 2),
        'w' => Number((int)time.DayOfWeek, 1),
        'W' => Number((time.DayOfYear + 6 - ((int)time.DayOfWeek + 6) % 7) / 7, 2),
        'y' => Net(time, "yy"),
        'Y' => Number(time.Year, 4),
        // The time that templates see is naive, as Python's datetime.now() is.
        'z' or 'Z' => "",
        '%' => "%",
        _ => "%" + kind,
    };

    private static string Net(DateTimeOffset time, string format) =>
        time.ToString(format, CultureInfo.InvariantCulture);

    private static string Number(long value, int digits) => value.ToString("D" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
