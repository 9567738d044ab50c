import java.io.IOException;
import java.util.Arrays;

/**
 * Runs a server's main class with a bound on its life: it ends when its standard input does, as when the process that
 * started it is gone, and after a number of seconds at the latest. Arguments: seconds, class, the class's own arguments.
 */
public final class Bounded {
  private Bounded() {}

  public static void main(String[] args) throws Exception {
    long milliseconds = Long.parseLong(args[0]) * 1000;
    daemon(() -> Thread.sleep(milliseconds));
    daemon(Bounded::awaitEndOfInput);
    String[] rest = Arrays.copyOfRange(args, 2, args.length);
    Class.forName(args[1]).getMethod("main", String[].class).invoke(null, (Object) rest);
  }

  private static void awaitEndOfInput() throws IOException {
    while (System.in.read() >= 0) {
      // nothing is ever written to it
    }
  }

  private static void daemon(Wait wait) {
    Thread thread =
        new Thread(
            () -> {
              try {
                wait.run();
              } catch (Exception error) {
                error.printStackTrace();
              }
              Runtime.getRuntime().halt(3); // no shutdown hooks: what a killed server leaves is what tests want to meet
            });
    thread.setDaemon(true);
    thread.start();
  }

  private interface Wait {
    void run() throws Exception;
  }
}
