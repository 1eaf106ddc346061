import java.io.File;
import java.io.IOException;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/** Writes written.hlog: three tags, eight intervals of a second, with the Java implementation of HdrHistogram. */
public class WriteLog {
	private static final long HOUR = 3_600_000_000L; // in microseconds
	private static final long START = 1_700_000_000_000L;

	// A generator of its own: java.util.Random's sequence could change.
	private static long state = 1;

	private static long next(long bound) {
		state = state * 6364136223846793005L + 1442695040888963407L;
		return (state >>> 33) % bound;
	}

	public static void main(String[] args) throws IOException {
		HistogramLogWriter log = new HistogramLogWriter(new File(args[0]));
		log.outputLogFormatVersion();
		log.outputStartTime(START);
		log.setBaseTime(START);
		log.outputLegend();
		for (int second = 0; second < 8; second++) {
			Histogram e2e = new Histogram(1, HOUR, 3);
			for (int i = 0; i < 1013; i++) {
				e2e.recordValue(3_000 + next(2_000) + (next(100) == 0 ? next(200_000) : 0));
			}
			write(log, "e2e", second, e2e);

			Histogram ack = new Histogram(3); // grows with its values
			ack.recordValueWithCount(0, second);
			for (int i = 0; i < 251; i++) {
				ack.recordValue(next(1L << next(24)));
			}
			write(log, "ack", second, ack);

			if (second % 3 == 1) { // not in every interval; the longest latency, and counts above 32 bits
				Histogram commit = new Histogram(1, HOUR, 3);
				commit.recordValueWithCount(4_700 + second, 3_000_000_000L);
				commit.recordValueWithCount(HOUR, second);
				write(log, "commit", second, commit);
			}
		}
		log.close();
	}

	private static void write(HistogramLogWriter log, String tag, int second, Histogram h) {
		h.setTag(tag);
		h.setStartTimeStamp(START + 1000L * second);
		h.setEndTimeStamp(START + 1000L * (second + 1));
		log.outputIntervalHistogram(h);
	}
}
