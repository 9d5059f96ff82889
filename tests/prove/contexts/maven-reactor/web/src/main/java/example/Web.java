package example;

public final class Web {
    public static void main(String[] arguments) {
        System.out.println(Greeting.text());
    }
}
