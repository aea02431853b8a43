#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reads events, or bare objects, from files.
package enum EventFiles {
    package struct Report: Sendable, Equatable {
        package var taken = 0
        /// Files that are neither an event nor an object of Stripe's.
        package var skipped = 0
    }

    /// Reads every path, folders in the order of their names.
    ///
    /// - Parameters:
    ///   - paths: `.json` files with one value or an array, `.jsonl` files, or folders of both.
    ///   - take: Given each value and its text; false when it is none of its kind.
    /// - Returns: How many values were taken and how many were not.
    /// - Throws: When a file cannot be read; invalid contents are skipped instead.
    static func read(_ paths: [String], take: (JSON, [UInt8]) -> Bool) throws -> Report {
        var report = Report()
        for path in try paths.flatMap(files) {
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
                throw StandInError.cannotRead(path: path)
            }
            for text in texts(data, isLines: path.hasSuffix(".jsonl")) {
                guard let value = try? JSON(parsing: text), take(value, text) else {
                    report.skipped += 1
                    continue
                }
                report.taken += 1
            }
        }
        return report
    }

    /// A file that was named is read whatever it is called; in a folder only those that look right are.
    private static func files(_ path: String) throws -> [String] {
        guard (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil else { return [path] }
        return try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
            .filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }
            .map { path + "/" + $0 }
    }

    /// Each value's text; that of an array's elements is the stand-in's own.
    private static func texts(_ data: Data, isLines: Bool) -> [[UInt8]] {
        if isLines { return data.split(separator: UInt8(ascii: "\n")).map { Array($0) } }
        let text = Array(data)
        guard let elements = (try? JSON(parsing: text))?.array else { return [text] }
        return elements.map(\.bytes)
    }
}
