import Foundation

/// Opens /dev/null for each standard stream that the parent process closed.
///
/// `open` returns the lowest free descriptor (<https://man7.org/linux/man-pages/man2/open.2.html>). Without
/// this, the database or its lock file could get descriptor 2, and log lines would be written into it.
enum StandardStreams {
    static func open() {
        for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
            _ = Foundation.open("/dev/null", O_RDWR)
        }
    }
}
