import Foundation

/// A moment as a clock on the wall shows it, which is what Python's `datetime.now()` gives to templates.
public struct WallTime: Sendable, Equatable {
    public let date: Date
    public let timeZone: TimeZone

    /// Reads ISO 8601: `2026-01-15`, `2026-01-15T09:30`, `2026-01-15 09:30:00`, with `Z` or an offset (`+02:00`) or
    /// without. Date and time are printed as they are written here, whatever the offset. Nil for any other text.
    public init?(iso8601 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
            scanner.skip("-"), let day = scanner.number(digits: 2)
        else { return nil }
        var parts = DateComponents(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
        if scanner.skip("T") || scanner.skip("t") || scanner.skip(" ") {
            guard Self.readTime(&scanner, into: &parts), let offset = Self.readOffset(&scanner),
                let zone = TimeZone(secondsFromGMT: offset)
            else { return nil }
            parts.timeZone = zone
        }
        let zone = parts.timeZone ?? .gmt
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        guard scanner.isAtEnd, parts.isValidDate(in: calendar), let date = calendar.date(from: parts) else {
            return nil
        }
        (self.date, timeZone) = (date, zone)
    }

    private static func readTime(_ scanner: inout DigitScanner, into parts: inout DateComponents) -> Bool {
        guard let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2) else {
            return false
        }
        (parts.hour, parts.minute) = (hour, minute)
        guard scanner.skip(":") else { return true }
        guard let second = scanner.number(digits: 2) else { return false }
        parts.second = second
        if scanner.skip(".") { parts.nanosecond = scanner.fraction() }
        return true
    }

    /// Seconds east of Greenwich; 0 where nothing is said.
    private static func readOffset(_ scanner: inout DigitScanner) -> Int? {
        if scanner.isAtEnd || scanner.skip("Z") || scanner.skip("z") { return 0 }
        let isWest = scanner.skip("-")
        guard isWest || scanner.skip("+"), let hours = scanner.number(digits: 2) else { return nil }
        _ = scanner.skip(":")
        guard let minutes = scanner.isAtEnd ? 0 : scanner.number(digits: 2), hours < 24, minutes < 60 else {
            return nil
        }
        return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

/// Reads numbers of fixed width.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == scalar.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(digits: Int) -> Int? {
        guard rest.count >= digits, rest.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        defer { rest.removeFirst(digits) }
        return rest.prefix(digits).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The digits after a decimal point, as nanoseconds.
    mutating func fraction() -> Int {
        var (nanoseconds, unit) = (0, 100_000_000)
        while let digit = number(digits: 1) {
            nanoseconds += digit * unit
            unit /= 10
        }
        return nanoseconds
    }
}
