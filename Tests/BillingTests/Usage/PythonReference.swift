import Foundation
import TestSupport
import Testing

/// A script of `Tests/Reference`, which shares no code with ours.
enum PythonReference {
    /// The lines that a script prints.
    static func lines(_ script: String, _ arguments: [String]) throws -> [String] {
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        let path = Testdata.url("../Tests/Reference/\(script)").standardized.path
        python.arguments = ["python3", path] + arguments
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0, "python3 is a prerequisite of the tests")
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
