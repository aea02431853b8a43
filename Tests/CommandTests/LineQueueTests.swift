import Foundation
import Testing

@testable import ConsoleBilling

/// Log lines, and a reader that stalls.
@Suite(.timeLimit(.minutes(1)))
struct LineQueueTests {
    @Test func `a stalled reader blocks no writer, and the lines that it missed are counted`() throws {
        let pipe = Pipe()
        let queue = LineQueue(descriptor: pipe.fileHandleForWriting.fileDescriptor, maximumBytes: 4096)
        var sent = 0
        /// Whether the line was queued.
        func send(_ line: String) -> Bool {
            let before = queue.droppedLines
            queue.write(line + "\n") { "missed \($0)\n" }
            sent += 1
            return queue.droppedLines == before
        }
        // A pipe holds 64 KiB of them: <https://man7.org/linux/man-pages/man7/pipe.7.html>.
        for _ in 0..<10_000 { _ = send(String(repeating: "x", count: 99)) }
        #expect(queue.droppedLines > 0)

        // The reader continues, and the next queued line has the number of dropped ones.
        var text = ""
        var isLastSent = false
        while !text.hasSuffix("last\n") {
            text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
            if !isLastSent { isLastSent = send("last") }
        }
        let lines = text.split(separator: "\n")
        let missed = lines.compactMap { $0.hasPrefix("missed ") ? Int($0.dropFirst(7)) : nil }
        #expect(missed.reduce(0, +) == queue.droppedLines)
        #expect(lines.count - missed.count + queue.droppedLines == sent)
    }

    @Test func `accepted lines are written when flush returns`() throws {
        let pipe = Pipe()
        let queue = LineQueue(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let lines = (0..<100).map { "line \($0)\n" }
        for line in lines { queue.write(line) }
        queue.flush()
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(text == lines.joined())
    }
}
