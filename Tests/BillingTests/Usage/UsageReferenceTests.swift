import Billing
import Foundation
import Scenarios
import TestSupport
import Testing

/// The cost of leases, against `Tests/Reference/usage_reference.py`, which shares no code with ours.
struct UsageReferenceTests {
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `2,500 generated leases cost to the last digit what Python's decimal says`(seed: UInt64) throws {
        let generated = GeneratedLeases(seed: seed, count: 2500)
        let calendar = try generated.calendar.map(CalendarDay.read)
        var ours: [String] = []
        for (number, text) in generated.leases.enumerated() {
            let lease = try LeaseRecord.read(text)
            for day in calendar {
                guard let usage = lease.usage(on: day) else { continue }
                let spend = Spend(usage.amounts, aktPrice: day.aktPrice)
                let rest = spend.unpriced.map { "\($0.key.code)=\($0.value.microUnitsText)" }.sorted().joined(
                    separator: ","
                )
                ours.append(
                    "\(number) \(day.date.text) \(usage.blocks) \(spend.total?.exactText ?? "unknown") \(rest)"
                )
            }
        }
        let theirs = try reference(generated)
        #expect(ours.count == theirs.count)
        let differing = zip(ours, theirs).first { $0 != $1 }
        #expect(differing == nil)
        #expect(theirs.count > 10_000, "so few days prove little")
    }

    @Test(arguments: [UInt64(5), 6])
    func `the days of a lease add up to its life`(seed: UInt64) throws {
        let generated = GeneratedLeases(seed: seed, count: 1000)
        let calendar = try generated.calendar.map(CalendarDay.read)
        let span = calendar[0].heights.lowerBound..<calendar[calendar.count - 1].heights.upperBound
        for text in generated.leases {
            let lease = try LeaseRecord.read(text)
            let days = calendar.compactMap { lease.usage(on: $0) }
            let life = lease.cost(of: span)
            #expect(days.reduce(0) { $0 + $1.blocks } == life.blocks)
            let sum = days.reduce(into: [Denomination: TokenAmount]()) {
                $0.merge($1.amounts, uniquingKeysWith: +)
            }
            #expect(sum == life.amounts)
        }
    }

    private func reference(_ generated: GeneratedLeases) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "usage-reference-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = [("calendar.jsonl", generated.calendar), ("leases.jsonl", generated.leases)].map {
            name,
            lines in
            (folder.appending(path: name), lines.joined(separator: "\n"))
        }
        for (url, text) in files { try Data(text.utf8).write(to: url) }
        return try PythonReference.lines("usage_reference.py", files.map(\.0.path))
    }
}
