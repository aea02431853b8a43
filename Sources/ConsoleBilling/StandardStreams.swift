import Foundation

/// Gives the process the three standard streams, where whoever started it closed one.
///
/// Else the next file that is opened takes its number, and log lines are written into the database or its lock: the lowest
/// free number is the one given (<https://man7.org/linux/man-pages/man2/open.2.html>).
enum StandardStreams {
    static func open() {
        for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
            _ = Foundation.open("/dev/null", O_RDWR)
        }
    }
}
