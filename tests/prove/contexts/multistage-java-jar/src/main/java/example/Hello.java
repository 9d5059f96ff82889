package example;

import java.nio.file.Files;
import java.nio.file.Path;

public class Hello {
    public static void main(String[] words) throws Exception {
        System.out.println("hello " + Files.readString(Path.of(words[0])).strip() + " as " + System.getProperty("user.name"));
    }
}
